"""The six hooks, one for each kind of component. All alike: no arguments, classes out.

A complete plugin is one module and one entry-point line in the group ``qfusion``::

    import qfusion_core

    @qfusion_core.hookimpl
    def qfusion_fusions():
        from my_plugin.fusion import Gated      # imported here, so that start-up stays fast
        return [Gated]
"""

# mypy: disable-error-code="empty-body"
from __future__ import annotations

from collections.abc import Iterable

import pluggy

hookspec = pluggy.HookspecMarker("qfusion")
hookimpl = pluggy.HookimplMarker("qfusion")


@hookspec
def qfusion_devices() -> Iterable[type]:
    """Subclasses of `qfusion_core.Device`, keyed by their ``name``: the ``type:`` of a backend."""


@hookspec
def qfusion_fusions() -> Iterable[type]:
    """Subclasses of `qfusion_core.Fusion`, keyed by their ``name``."""


@hookspec
def qfusion_quantum_encoders() -> Iterable[type]:
    """Subclasses of `qfusion_core.QuantumEncoder`, keyed by their ``name``."""


@hookspec
def qfusion_classical_encoders() -> Iterable[type]:
    """Subclasses of `qfusion_core.ClassicalEncoder`, keyed by their ``name``."""


@hookspec
def qfusion_datasets() -> Iterable[type]:
    """Subclasses of `qfusion_core.Dataset`, keyed by their ``name``."""


@hookspec
def qfusion_engines() -> Iterable[type]:
    """Subclasses of `qfusion_core.Engine`, keyed by their ``name``."""
