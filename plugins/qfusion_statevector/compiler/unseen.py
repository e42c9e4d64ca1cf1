"""What no observable sees: rotations that commute with all that comes after them."""

from __future__ import annotations

from collections.abc import Sequence

from qfusion_statevector.compiler.pauli import Pauli
from qfusion_statevector.compiler.schedule import Diagonal, Step


def drop_unseen(steps: Sequence[Step], images: Sequence[Pauli]) -> list[Step]:
    """Steps without those rotations U for which ``U' O U = O``.

    O stands for what becomes of the observables under the steps after U: it commutes with U where
    U commutes with each of those steps and with the observables themselves.

    Args:
        steps: In the order in which they act.
        images: The words that are measured after them.
    """
    kept: list[Step] = []

    def unseen(pauli: Pauli) -> bool:
        return all(image.commutes(pauli) for image in images) and all(
            step.commutes(pauli) for step in kept
        )

    for step in reversed(steps):
        if isinstance(step, Diagonal):
            angles = {z: a for z, a in step.angles.items() if not unseen(Pauli(z=z))}
            if angles:
                kept.append(Diagonal(angles))
        elif not unseen(step.pauli):
            kept.append(step)
    return kept[::-1]
