"""A generator fails where it is read; the other hook is sound."""

import qfusion_core


@qfusion_core.hookimpl
def qfusion_fusions():
    yield from ()
    raise RuntimeError("acme:\nnot today")


@qfusion_core.hookimpl
def qfusion_engines():
    class Here(qfusion_core.Engine):
        name = "acme-here"

        def __init__(self, options):
            pass

        def map(self, function, specs):
            return map(function, specs)

    return [Here]
