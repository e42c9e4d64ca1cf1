"""Offers a fusion under a name that acme-good has taken, and one of its own."""

import qfusion_core


@qfusion_core.hookimpl
def qfusion_fusions():
    from acme_mean import Mean

    class Rival(Mean):
        pass

    class Free(Mean):
        name = "acme-free"

    return [Rival, Free]
