"""A hook in the singular: plain pluggy would ignore it in silence."""

import qfusion_core


@qfusion_core.hookimpl
def qfusion_fusion():
    return []
