"""Where jobs run in this process: Aer and snapshots, through the SDK's own simulation."""

from __future__ import annotations

import json
import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from qfusion_core import Finding, InputError, JobStatus, Refused, SubmitHooks
from qfusion_ibm.machine import Machine
from qfusion_ibm.machine_cones import machine_cones
from qfusion_ibm.noisy_aer import NoisyAer
from qfusion_ibm.options import Options
from qfusion_ibm.preflight import machine_findings
from qfusion_ibm.programs import Program
from qfusion_ibm.sdk_version import gives_counts
from qfusion_ibm.site import Site
from qfusion_ibm.snapshots import AER, not_installed, open_local
from qfusion_ibm.transpiled_circuit import known_warnings

OLDER = "with this client IBM alone mitigates (qfusion[ibm] brings one that does it here)"


class LocalSite(Site):
    """Runs a job when it is submitted, and keeps its result.

    Args:
        options: Of the device.
        machine: That is simulated; that of the options if None.
    """

    def __init__(self, options: Options, machine: Machine | None = None) -> None:
        super().__init__(options)
        self._machine = machine
        self._simulators: NoisyAer | None = None
        self._results: dict[str, bytes] = {}
        self._warned = False
        self._seeds = None if options.seed is None else np.random.default_rng(options.seed)

    @override
    def machine(self, name: str | None, qubits: int) -> Machine:
        if self._machine is None:
            backend = open_local(self.options.backend)
            self._machine = Machine(self.options.backend, backend, backend.num_qubits)
        return self._machine

    @override
    def preflight(self) -> list[Finding]:
        return machine_findings(self.options, lambda: self.machine(None, 1))

    @override
    def send(
        self,
        machine: Machine,
        program: Program,
        pub: tuple[Any, ...],
        key: str,
        hooks: SubmitHooks,
        mark: str,
    ) -> str:
        """Run it, to the end: nothing is gained by leaving a simulation waiting."""
        self._say_idle(program)
        # from 1: the SDK takes 0 for none
        seed = None if self._seeds is None else int(self._seeds.integers(1, 2**31))
        try:
            with known_warnings():
                values = self._run(machine, program, pub, seed)
        except InputError:  # of a circuit that is too wide
            raise
        except ImportError as error:
            raise not_installed(error) from None
        except Exception as error:  # of the SDK, of the simulator
            text = " ".join(str(error).split()) or type(error).__name__
            raise Refused(f"{machine.name} cannot run the circuit: {text}") from error
        self._results[key] = json.dumps({"evs": values.tolist()}).encode()
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
    def reply(self, job_id: str) -> bytes:
        return self._results[job_id]

    @override
    def values(self, raw: bytes, program: Program, mark: str) -> Any:
        return np.array(json.loads(raw)["evs"])

    @override
    def cancel(self, job_id: str) -> None:
        """Nothing to do: what was submitted is done."""

    def _say_idle(self, program: Program) -> None:
        names = [*program.idle_here, "dynamical_decoupling", "max_execution_time"]
        values = {name: getattr(self.options, name) for name in names}
        idle = [name for name, value in values.items() if value not in (None, 0, False, "none")]
        refused = [name for name in ("measure_mitigation", "zne_mitigation") if name in idle]
        if refused:
            reason = "its gates are not those of the program executor" if gives_counts() else OLDER
            raise InputError(
                f"ibm: {self.options.backend}: {refused[0]} cannot be had in this simulation: "
                f"{reason}; leave it out"
            )
        if idle and not self._warned:
            self._warned = True
            logging.getLogger(__name__).warning(
                "%s: %s %s no effect on a simulation: such results do not test %s",
                self.options.backend,
                ", ".join(idle),
                "has" if len(idle) == 1 else "have",
                "it" if len(idle) == 1 else "them",
            )

    def _run(
        self, machine: Machine, program: Program, pub: tuple[Any, ...], seed: int | None
    ) -> NDArray[Any]:
        """Values ``[observables, rows]``; of a wide circuit cone by cone.

        Words of one cone share their shots; those of different cones are drawn independently.
        """
        if machine.name == AER:
            return program.run_here(machine.backend, pub, self.options, seed)
        if self._simulators is None:
            self._simulators = NoisyAer(machine.backend)
        words = [word for (word,) in pub[1]]
        cones = machine_cones(pub[0], words, machine.name)
        if len(cones) == 1:
            return program.run_here(*self._simulator(program, pub), self.options, seed)
        values = np.empty((len(words), len(pub[2]) if len(pub) > 2 else 1))
        seeds = np.random.default_rng(seed)
        for cone in cones:
            simulator, part = self._simulator(program, cone.pub(pub))
            # without angles it is one row, and each row of the whole has shots of its own
            times = 1 if len(part) > 2 else values.shape[1]
            read = []
            for _ in range(times):
                own = None if seed is None else int(seeds.integers(1, 2**31))
                once = program.run_here(simulator, part, self.options, own)
                read.append(once.reshape(len(cone.words), -1))
            values[list(cone.words)] = np.concatenate(read, axis=1)
        return values

    def _simulator(self, program: Program, pub: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        """What runs it, and what of the PUB is left to run."""
        assert self._simulators is not None
        circuit, words, *angles = pub
        words = [word for (word,) in words]
        if not program.measures_all:
            return self._simulators.of(circuit, words), pub
        backend, circuit, words = self._simulators.cut(circuit, words)
        return backend, (circuit, [[word] for word in words], *angles)
