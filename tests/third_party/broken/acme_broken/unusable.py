"""Classes that break the contract, each in its own way."""

import qfusion_core


@qfusion_core.hookimpl
def qfusion_devices():
    class NotADevice:
        name = "acme-not-a-device"

    class Nameless(qfusion_core.Device):
        def __init__(self, options, credentials=None):
            pass

        def expectations(self, circuit, data, weights, observables):
            raise NotImplementedError

    class Unfinished(qfusion_core.Device):
        name = "acme-unfinished"

        def __init__(self, options, credentials=None):
            pass

    return [NotADevice, Nameless, Unfinished]
