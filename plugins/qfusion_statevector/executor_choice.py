"""Who executes a program: chosen by what is installed, by the torch device and by size."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from functools import cache, cached_property, lru_cache, partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch

from qfusion_core import Angle, Circuit, Gate, InputError, Term
from qfusion_statevector.autograd import Executor
from qfusion_statevector.cut import Cut, cut
from qfusion_statevector.memory import estimate, fits, require_memory
from qfusion_statevector.stacked_cones import StackedCones

NOT_INSTALLED = "numba is not installed"


class ExecutorChoice:
    """Makes executors and keeps the latest: a model asks for one circuit again and again."""

    def __init__(self, chosen: str | None, memory_gb: float | None) -> None:
        """Check what was asked for.

        Args:
            chosen: An executor by its name, or None for the fastest.
            memory_gb: Most memory that one evaluation may take; None: what is free.

        Raises:
            InputError: It is not installed.
        """
        if chosen == "numba" and (problem := _numba_problem()):
            raise InputError(
                f'statevector: executor numba: {problem}; pip install "qfusion[fast]", or use '
                "executor: torch"
            )
        self._chosen = chosen
        self._memory_gb = memory_gb
        self._prepared = lru_cache(maxsize=8)(_Executors)
        self._handed_over = False

    def __reduce__(self) -> tuple[Any, ...]:
        """What is compiled stays: a copy, here or in another process, makes its own."""
        return ExecutorChoice, (self._chosen, self._memory_gb)

    def executor(
        self,
        circuit: Circuit,
        words: tuple[str, ...],
        dtype: torch.dtype,
        device: torch.device,
        batch: int,
    ) -> Executor:
        """For so many rows of a circuit on a torch device.

        Raises:
            InputError: A word that does not fit; more memory than there is; an executor that
                cannot run there.
        """
        of_circuit = self._prepared(circuit, words, dtype, device)
        parts = of_circuit.cut
        name = self._name(parts.widest, device, batch)
        prepared = of_circuit.by(name)
        limit = self._memory_gb
        try:
            require_memory(circuit.n_wires, parts.widest, prepared.need, batch, device, limit)
        except InputError as error:
            lightning = estimate("lightning", parts.shapes, dtype)
            if device.type != "cpu" or not fits(lightning, batch, device, limit):
                raise
            raise InputError(f"{error}; executor: lightning takes row by row, and fits") from None
        if name == "lightning":
            self._say_once(parts.widest)
        return prepared.executor

    def compile_kernels(self, dtype: torch.dtype, gradients: bool) -> None:
        """Have the kernels of a precision ready, if kernels would run.

        They are the same for all circuits: one qubit's is run, forward and back.
        """
        if (self._chosen or ("torch" if self._no_numba else "numba")) != "numba":
            return
        angle = Angle((Term("data", 0, 1.0), Term("weight", 0, 1.0)))
        circuit = Circuit(1, (Gate("RY", (0,), angle),), n_data=1, n_weights=1)
        executor = self.executor(circuit, ("Z",), dtype, torch.device("cpu"), 1)
        entries = torch.zeros(1, 1, dtype=dtype), torch.zeros(1, dtype=dtype)
        values, saved = executor.forward(*entries, gradients)
        if gradients:
            executor.backward(saved, torch.ones_like(values), True, True)

    def _name(self, widest: int, device: torch.device, batch: int) -> str:
        if self._chosen:
            if self._chosen != "torch" and device.type != "cpu":
                raise InputError(
                    f"statevector: executor {self._chosen} runs on the CPU, the data is on "
                    f"{device}; use executor: torch, or move the model to the CPU"
                )
            return self._chosen
        if device.type != "cpu":
            return "torch"
        if widest > 16 and batch == 1:
            return "lightning"  # one row of a wide cone leaves the lanes of the others empty
        return "torch" if self._no_numba else "numba"

    @cached_property
    def _no_numba(self) -> bool:
        problem = _numba_problem()
        if problem and problem != NOT_INSTALLED:
            warnings.warn(f"statevector: {problem}; executor: torch takes over", stacklevel=6)
        return problem is not None

    def _say_once(self, n_wires: int) -> None:
        if not (self._chosen or self._handed_over):
            self._handed_over = True
            warnings.warn(
                f"statevector: a single row of {n_wires} wires is computed by PennyLane's "
                "lightning.qubit, which is faster there; executor: numba or torch keeps it",
                stacklevel=4,
            )


class _Executors:
    """A circuit, cut, and its executors by their names."""

    def __init__(
        self,
        circuit: Circuit,
        words: tuple[str, ...],
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        none = torch.zeros(0, circuit.n_data, device="cpu")
        circuit.check(none, torch.zeros(circuit.n_weights, device="cpu"), words)
        self.cut = cut(circuit, words)
        self.by = cache(partial(_Prepared, self.cut, dtype, device))


class _Prepared:
    """What a circuit needs, and, once that is known to fit, its executor."""

    def __init__(self, cut: Cut, dtype: torch.dtype, device: torch.device, name: str) -> None:
        self.need = estimate(name, cut.shapes, dtype)
        self._make = partial(_make, name, cut, dtype, device)

    @cached_property
    def executor(self) -> Executor:
        with torch.inference_mode(False):  # it is kept, and may be differentiated through later
            return self._make()


def _make(name: str, cut: Cut, dtype: torch.dtype, device: torch.device) -> Executor:
    if name == "numba":
        from qfusion_statevector.numba_executor.executor import NumbaExecutor

        return NumbaExecutor(cut, dtype)
    make: Callable[[Circuit, Sequence[str]], Executor]
    if name == "torch":
        from qfusion_statevector.torch_executor.executor import TorchExecutor

        make = partial(TorchExecutor.of, dtype=dtype, device=device)
    else:
        from qfusion_statevector.lightning import LightningExecutor

        make = LightningExecutor
    return make(cut.circuit, cut.words) if cut.is_whole else StackedCones(cut, make, device)


def _numba_problem() -> str | None:
    """Why the executor `numba` cannot be had, or None."""
    if find_spec("numba") is None:
        return NOT_INSTALLED
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return "NUMBA_DISABLE_JIT is set"
    try:
        import_module("numba")
    except Exception as error:  # it refuses versions of numpy and python in many ways
        return f"numba cannot be imported ({error})"
    return None
