"""A call cut into the fewest tasks that a device allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from qfusion_braket.machine import Limits, Machine
from qfusion_core import Circuit, InputError, Job, commuting_groups, tiles


def jobs(
    circuit: Circuit,
    angles: Tensor,
    observables: Sequence[str],
    machine: Machine,
    *,
    shots: int | None,
    rows: int | None,
    facts: Mapping[str, Any],
) -> list[Job]:
    """Program sets where the device takes them, else a task for each row and setting.

    Args:
        circuit: The template.
        angles: ``[rows, n_angles]`` in radians.
        observables: Pauli words.
        machine: The device.
        shots: Of each execution; None for exact values, which need no settings.
        rows: Most rows of a job.
        facts: Of each job; the number of its settings is added.
    """
    settings = [members for _, members in commuting_groups(observables)]
    if shots is None:
        settings = [list(range(len(observables)))] if observables else []
    if machine.program_set is None:
        blocks = [([setting], 1) for setting in settings]
    else:
        limit = executables(machine.program_set, shots or 1)
        blocks, start = [], 0
        for size in fewest(len(settings), len(angles), limit, rows):
            blocks.append((settings[start : start + size], rows_of(size, limit, rows)))
            start += size
    return [
        _require_least(job, machine, shots)
        for block, most in blocks
        for job in tiles(
            circuit,
            angles,
            observables,
            rows=most,
            groups=[[column for setting in block for column in setting]],
            facts={**facts, "settings": len(block)},
        )
    ]


def _require_least(job: Job, machine: Machine, shots: int | None) -> Job:
    least = machine.program_set.least if machine.program_set and shots else 0
    total = job.shape[0] * job.facts["settings"] * (shots or 0)
    if total < least:
        raise InputError(
            f"braket: {machine.name} takes {least} shots of a program set at least, got {total}; "
            "raise shots in backends.yaml, or use more samples"
        )
    return job


def executables(limits: Limits, shots: int) -> int:
    """Most circuits of a program set: by their number, and by their shots.

    >>> executables(Limits(executables=100, shots=200_000), shots=4000)
    50
    """
    return max(1, min(limits.executables, limits.shots // shots))


def rows_of(settings: int, limit: int, rows: int | None) -> int:
    """Most rows with so many settings in one program set."""
    most = max(1, limit // settings)
    return most if rows is None else min(most, rows)


def fewest(settings: int, rows: int, limit: int, most: int | None = None) -> list[int]:
    """How many settings go into a program set together, so that the fewest are needed.

    Three settings of 100 rows fit into three sets of 100 executables; by rows alone, into four.

    >>> fewest(3, 100, 100), fewest(3, 16, 100)
    ([1, 2], [3])

    Args:
        settings: How many there are.
        rows: Of the call, each with every setting.
        limit: Executables of a set.
        most: Rows of a set.
    """
    best: list[tuple[int, list[int]]] = [(0, [])]
    for count in range(1, settings + 1):
        choices = []
        for size in range(1, min(count, limit) + 1):
            before, blocks = best[count - size]
            tasks = -(-rows // rows_of(size, limit, most))
            choices.append((before + tasks, len(blocks), [*blocks, size]))
        tasks, _, blocks = min(choices)
        best.append((tasks, blocks))
    return best[settings][1]
