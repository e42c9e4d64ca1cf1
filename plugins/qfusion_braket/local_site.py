"""Where tasks run in this process: the SDK's simulators, and emulators of saved devices."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from typing_extensions import override

from qfusion_braket.emulation.emulator import Emulator
from qfusion_braket.local_simulators import LocalSimulator
from qfusion_braket.machine import Machine
from qfusion_braket.options import Options
from qfusion_braket.simulated_circuit import Probabilities, SimulatedCone, Simulator, parities
from qfusion_braket.site import Site
from qfusion_core import (
    Circuit,
    Finding,
    InputError,
    Job,
    JobStatus,
    NoiseParameters,
    QfusionError,
    Refused,
    Result,
    SubmitHooks,
    commuting_groups,
)


class LocalSite(Site):
    """Runs a job when it is submitted, and keeps its result."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._results: dict[str, Result] = {}
        self._stream = np.random.default_rng(options.seed)
        self._prepared = lru_cache(maxsize=8)(self._prepare)

    @cached_property
    def _bench(self) -> Simulator:
        return (
            LocalSimulator(self._options)
            if self._options.emulate is None
            else Emulator(self._options)
        )

    @cached_property
    def _machine(self) -> Machine:
        with _installed():
            return self._bench.machine()

    @override
    def machine(self) -> Machine:
        return self._machine

    @override
    def facts(self, circuit: Circuit, observables: Sequence[str]) -> dict[str, Any]:
        """Of what an emulated device compiles."""
        first, *_ = self._prepared(circuit, tuple(observables))
        return dict(first.circuit.facts)

    @override
    def noise(self) -> NoiseParameters | None:
        with _installed():
            return self._bench.noise()

    @override
    def submit(self, job: Job, key: str, hooks: SubmitHooks) -> str:
        """Run it, to the end: nothing is gained by leaving a simulation waiting."""
        try:
            self._results[key] = self._run(job)
        except QfusionError:
            raise
        except Exception as error:  # of the SDK's simulator
            text = " ".join(str(error).split()) or type(error).__name__
            raise Refused(f"{self._machine.name} cannot run the circuit: {text}") from error
        return key

    @override
    def find(self, key: str) -> str | None:
        """Its key, as nothing outlives the process."""
        return key if key in self._results else None

    @override
    def status(self, job_id: str) -> JobStatus:
        """What was submitted is done."""
        submitted = job_id in self._results
        return JobStatus("done") if submitted else JobStatus("unknown", reason="no such job here")

    @override
    def fetch(self, job: Job, job_id: str) -> Result:
        """Values, and counts where there are shots."""
        return self._results[job_id]

    @override
    def cancel(self, job_id: str) -> None:
        """Nothing to do: what was submitted is done."""

    @override
    def preflight(self) -> list[Finding]:
        names = ["amazon-braket-sdk", "amazon-braket-default-simulator"]
        if self._options.emulate is not None:
            names += ["qiskit", "qiskit-braket-provider"]
        lines = [Finding("versions", "ok", ", ".join(f"{name} {version(name)}" for name in names))]
        try:
            machine = self._machine
        except QfusionError as error:
            return [*lines, Finding("machine", "failed", str(error))]
        lines.append(Finding("qubits", "ok", f"{machine.name} has {machine.qubits}"))
        if machine.note:
            lines.append(Finding("calibrated", "ok", machine.note))
        if self._options.shots is None:
            return [*lines, Finding("shots", "ok", "none: values are exact")]
        lines.append(Finding("shots", "ok", f"{self._options.shots} of each circuit and setting"))
        seed = self._options.seed
        drawing = "not given: each run draws anew" if seed is None else f"{seed}"
        return [*lines, Finding("seed", "ok", f"honoured; {drawing}")]

    def _prepare(self, circuit: Circuit, observables: tuple[str, ...]) -> list[SimulatedCone]:
        with _installed():
            return self._bench.prepare_cones(circuit, observables)

    def _run(self, job: Job) -> Result:
        """Words of one cone share their shots; those of different cones are drawn independently."""
        values = torch.full(job.shape, torch.nan, dtype=torch.float64)
        cones = self._prepared(job.circuit, tuple(job.observables))
        read = [self._run_cone(cone, job, values) for cone in cones]
        if self._options.shots is None:
            raw: dict[str, Any] = {"values": values.tolist()}
        else:
            whole, *others = read
            raw = {"cones": read} if others else {k: whole[k] for k in ("settings", "counts")}
            raw["shots"] = self._options.shots
        return Result(values, json.dumps(raw).encode())

    def _run_cone(self, cone: SimulatedCone, job: Job, values: torch.Tensor) -> dict[str, Any]:
        """Fill the columns of its words in ``values``; what was counted."""
        own = cone.own(job.observables)
        settings = commuting_groups(own)
        bases = [basis for basis, _ in settings]
        counts: list[list[dict[str, int]]] = []
        for row, read in enumerate(cone.circuit.read(job.angles.numpy(), bases)):
            drawn = [self._draw(shares) for shares in read]
            for (_, members), shares in zip(settings, drawn, strict=True):
                means = parities(shares, [own[member] for member in members])
                columns = [cone.words[member] for member in members]
                values[row, columns] = torch.tensor(means, dtype=values.dtype)
            counts.append([self._counts(shares) for shares in drawn])
        return {"wires": list(cone.wires), "settings": bases, "counts": counts}

    def _draw(self, shares: Probabilities) -> Probabilities:
        """Relative frequencies in so many draws; the probabilities where values are exact."""
        shots = self._options.shots
        return shares if shots is None else self._stream.multinomial(shots, shares) / shots

    def _counts(self, shares: Probabilities) -> dict[str, int]:
        shots = self._options.shots
        if shots is None:
            return {}
        width = len(shares).bit_length() - 1
        return {
            f"{outcome:0{width}b}": round(shots * float(shares[outcome]))
            for outcome in np.flatnonzero(shares)
        }


@contextmanager
def _installed() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise InputError(
            f'braket: a package is missing ({error}); pip install "qfusion[braket]"'
        ) from None
