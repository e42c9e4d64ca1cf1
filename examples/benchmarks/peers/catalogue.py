"""The simulators that can be timed, by name; each is imported only where it runs."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass

from peers.peer import Peer
from qfusion_core import InputError
from qfusion_core.errors import did_you_mean

DEFAULT_QUBIT = "default.qubit"


@dataclass(frozen=True)
class Entry:
    """A simulator and where its adapter is.

    Attributes:
        name: In tables and in ``--peers``.
        module: Of the adapter.
        adapter: Its class.
        needs: Modules that must be installed.
        install: What pip installs to bring them.
        ours: Whether it is qfusion's own.
    """

    name: str
    module: str
    adapter: str
    needs: tuple[str, ...] = ()
    install: str = "qfusion[bench]"
    ours: bool = False

    def missing(self) -> str | None:
        """What is not installed and how to get it; None if nothing is missing."""
        absent = [name for name in self.needs if importlib.util.find_spec(name) is None]
        if not absent:
            return None
        return f"not installed: {', '.join(absent)} (pip install '{self.install}')"

    def load(self) -> type[Peer]:
        """Import the adapter, and with it the library."""
        return getattr(importlib.import_module(f"peers.{self.module}"), self.adapter)


CATALOGUE = (
    Entry("statevector (numba)", "statevector", "NumbaStatevector", ("numba",),
          "qfusion[fast]", ours=True),
    Entry("statevector (torch)", "statevector", "TorchStatevector", ours=True),
    Entry(DEFAULT_QUBIT, "pennylane_peers", "DefaultQubit"),
    Entry("lightning.qubit", "pennylane_peers", "LightningQubit", ("pennylane_lightning",),
          "pennylane-lightning"),
    Entry("pennylane-jax", "pennylane_jax", "PennyLaneJax", ("jax",)),
    Entry("pyqtorch", "pyqtorch_peer", "PyQTorch", ("pyqtorch",)),
    Entry("deepquantum", "deepquantum_peer", "DeepQuantum", ("deepquantum",)),
    Entry("tensorcircuit-torch", "tensorcircuit_peers", "TensorCircuitTorch", ("tensorcircuit",)),
    Entry("tensorcircuit-jax", "tensorcircuit_jax", "TensorCircuitJax", ("tensorcircuit", "jax")),
    Entry("qulacs", "qulacs_peer", "Qulacs", ("qulacs",)),
)  # fmt: skip


def entry(name: str) -> Entry:
    """The simulator of this name.

    Raises:
        InputError: There is none.
    """
    known = {one.name: one for one in CATALOGUE}
    if name not in known:
        raise InputError(f"unknown peer {name!r}; {did_you_mean(name, list(known))}")
    return known[name]
