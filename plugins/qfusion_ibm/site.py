"""Where jobs run: at IBM, or in this process. The device talks to either through this."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

import qfusion_core
from qfusion_core import Circuit, Job, Result, SubmitHooks
from qfusion_ibm.machine import Machine
from qfusion_ibm.options import Options
from qfusion_ibm.programs import Program, mark_of, program_of
from qfusion_ibm.results import table
from qfusion_ibm.transpile_cache import TranspileCache, TranspileOptions
from qfusion_ibm.transpiled_circuit import TranspiledCircuit


class Site(qfusion_core.Site):
    """Machines, and jobs of one PUB each: a matrix of angles and all observables.

    Attributes:
        options: Of the device.
        templates: What was transpiled.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.templates = TranspileCache(
            TranspileOptions(options.optimization_level, options.layout_seed)
        )

    @abstractmethod
    def machine(self, name: str | None, qubits: int) -> Machine:
        """The machine of the options, asked once.

        Args:
            name: Of the one that was chosen before, where any will do.
            qubits: That it needs, where any will do.
        """

    def template(self, circuit: Circuit, machine: Machine) -> TranspiledCircuit:
        """A circuit as a machine runs it, with its angles open."""
        return self.templates.get(circuit, machine)

    @override
    def submit(self, job: Job, key: str, hooks: SubmitHooks) -> str:
        # the machine is that of the plan, where any would have done
        machine = self.machine(job.facts["machine"], job.circuit.n_wires)
        pub = self.template(job.circuit, machine).pub(job.angles, job.observables)
        return self.send(machine, program_of(job.facts), pub, key, hooks, mark_of(job))

    @abstractmethod
    def send(
        self,
        machine: Machine,
        program: Program,
        pub: tuple[Any, ...],
        key: str,
        hooks: SubmitHooks,
        mark: str,
    ) -> str:
        """Send or run a PUB; the job's id.

        Args:
            machine: Where it runs.
            program: That runs it.
            pub: Circuit, observables and, if the circuit has parameters, rows of angles.
            key: Of the job: its first tag.
            hooks: Of the device.
            mark: Of what is asked (`mark_of`).
        """

    @override
    def fetch(self, job: Job, job_id: str) -> Result:
        program_of(job.facts)  # refused before IBM is asked
        raw = self.reply(job_id)
        return Result(self.read(job, raw), raw, qpu_seconds=self.usage(job_id)[0])

    @abstractmethod
    def reply(self, job_id: str) -> bytes:
        """What there is of a job that is done.

        Raises:
            Unreadable: It is not there, or not yet.
        """

    def read(self, job: Job, raw: bytes) -> Tensor:
        """Values ``[rows, observables]``, float64, of the reply to a job; asks nobody.

        Raises:
            Unreadable: It is not that of the job.
        """
        program, (rows, words) = program_of(job.facts), job.shape
        values = self.values(raw, program, mark_of(job))
        open_angles = bool(job.circuit.n_angles) and not job.facts.get("constant")
        return torch.from_numpy(table(values, rows, words, open_angles=open_angles, raw=raw))

    @abstractmethod
    def values(self, raw: bytes, program: Program, mark: str) -> Any:
        """Values ``[observables, rows]`` of a reply, as the program tells them.

        Raises:
            Unreadable: It is not that of the job that was sent.
        """

    def usage(self, job_id: str) -> tuple[float | None, bool]:
        """QPU seconds that a job took, and whether IBM will tell them later; none by default."""
        return None, False
