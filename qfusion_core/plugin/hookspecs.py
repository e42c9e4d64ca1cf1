"""The six hooks, one for each kind of component. All alike: no arguments, components out.

A complete plugin is one module and one entry-point line in the group ``qfusion``::

    import qfusion_core

    @qfusion_core.hookimpl
    def qfusion_fusions():
        from my_plugin.fusion import Gated      # imported here, so that start-up stays fast
        return [Gated]

Where the component is slow to import (torch takes seconds), its name may be offered in its place::

    @qfusion_core.hookimpl
    def qfusion_fusions():
        return {"gated": qfusion_core.Offer("my_plugin.fusion:Gated", "my_plugin.options:Gated")}

Then names are listed, misspelt ones refused and options checked without it.
"""

# mypy: disable-error-code="empty-body"
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pluggy

hookspec = pluggy.HookspecMarker("qfusion")
hookimpl = pluggy.HookimplMarker("qfusion")


@dataclass(frozen=True)
class Offer:
    """Where a component and its options are, each as ``module:Class``.

    A hook returns ``{name: Offer}``, the names those of the classes. A plugin's modules are not
    imported before one of them is needed: that they are there is looked up, without running a
    package above them. Of two plugins that offer one name both are imported, to see which loads.

    Attributes:
        component: The class.
        options: Its ``Options``, in a module that imports no torch: all that is imported to check
            what a user wrote.
    """

    component: str
    options: str


Components = Iterable[type] | Mapping[str, Offer]


@hookspec
def qfusion_devices() -> Components:
    """Subclasses of `qfusion_core.Device`, keyed by their ``name``: the ``type:`` of a backend."""


@hookspec
def qfusion_fusions() -> Components:
    """Subclasses of `qfusion_core.Fusion`, keyed by their ``name``."""


@hookspec
def qfusion_quantum_encoders() -> Components:
    """Subclasses of `qfusion_core.QuantumEncoder`, keyed by their ``name``."""


@hookspec
def qfusion_classical_encoders() -> Components:
    """Subclasses of `qfusion_core.ClassicalEncoder`, keyed by their ``name``."""


@hookspec
def qfusion_datasets() -> Components:
    """Subclasses of `qfusion_core.Dataset`, keyed by their ``name``."""


@hookspec
def qfusion_engines() -> Components:
    """Subclasses of `qfusion_core.Engine`, keyed by their ``name``. Provisional: unused yet."""
