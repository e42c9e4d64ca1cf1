"""What is sent for a job; what comes back for it is read in `qfusion_braket.results`."""

from __future__ import annotations

from typing import NamedTuple

from qfusion_braket.machine import Machine
from qfusion_braket.openqasm import OpenQasmWriter, inputs
from qfusion_braket.options import Options
from qfusion_core import Job, commuting_groups

PROGRAM, PROGRAM_SET = "circuit", "program set"  # as plans and estimates say


class Task(NamedTuple):
    """Of `CreateQuantumTask`.

    Attributes:
        action: Program or program set, as JSON; the same in every process.
        shots: Over all executables; 0 for exact values.
    """

    action: str
    shots: int


def task_of(job: Job, machine: Machine, options: Options) -> Task:
    """A program set where the plan says so, else the program of the one row and setting.

    Raises:
        InputError: The device has no gate for one of the circuit's.
    """
    from braket.ir.openqasm import Program, ProgramSet

    writer = OpenQasmWriter(machine.gates, options.qubits)
    values = inputs(job.angles)
    if job.facts["task"] != PROGRAM_SET:
        (row,) = range(job.shape[0])
        if options.shots is None:
            source = writer.exact(job.circuit, job.observables)
        else:
            source = writer.sampled(job.circuit, _bases(job)[0])
        row_values = {name: column[row] for name, column in values.items()}
        return Task(Program(source=source, inputs=row_values).json(), options.shots or 0)
    assert options.shots is not None
    # without an input there is nothing to list: each row is a program of its own
    copies = 1 if values else job.shape[0]
    sources = [writer.sampled(job.circuit, basis) for basis in _bases(job)]
    programs = [
        Program(source=source, inputs=values or None) for source in sources for _ in range(copies)
    ]
    total = len(sources) * job.shape[0] * options.shots
    return Task(ProgramSet(programs=programs).json(), total)


def _bases(job: Job) -> list[str]:
    return [basis for basis, _ in commuting_groups(job.observables)]
