"""Steps of a program that can be taken together, in one basis or in one phase pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from qfusion_statevector.compiler.gf2 import reduce
from qfusion_statevector.compiler.pauli import Pauli
from qfusion_statevector.compiler.schedule import Affine, Diagonal, Rotation, Step


@dataclass
class RotationGroup:
    """Commuting rotations with independent X masks, all shared or all with sampled angles."""

    per_sample: bool
    rotations: list[Rotation] = field(default_factory=list)
    _pivots: dict[int, int] = field(default_factory=dict)

    def take(self, step: Step, per_sample: bool) -> bool:
        """Whether a step joins."""
        if isinstance(step, Diagonal) or per_sample != self.per_sample:
            return False
        rest = reduce(step.pauli.x, self._pivots)
        if not rest or not all(turn.commutes(step.pauli) for turn in self.rotations):
            return False
        self._pivots[rest.bit_length()] = rest
        self.rotations.append(step)
        return True


@dataclass
class PhaseGroup:
    """Words of Z with their angles."""

    per_sample: bool = False
    angles: list[tuple[int, Affine]] = field(default_factory=list)

    def take(self, step: Step, per_sample: bool) -> bool:
        """Whether a step joins."""
        if isinstance(step, Diagonal):
            self.angles += step.angles.items()
        elif not step.pauli.x:
            self.angles.append((step.pauli.z, step.angle))
        else:
            return False
        self.per_sample |= per_sample
        return True


def group(steps: Sequence[Step], n_data: int) -> list[RotationGroup | PhaseGroup]:
    """Steps in groups; a step goes into an earlier group if it commutes with all it overtakes.

    Args:
        steps: In the order in which they act.
        n_data: Leading coefficients of an angle that belong to the data.
    """
    groups: list[RotationGroup | PhaseGroup] = []
    waiting = list(steps)
    while waiting:
        first = waiting[0]
        current: RotationGroup | PhaseGroup = (
            PhaseGroup()
            if isinstance(first, Diagonal) or not first.pauli.x
            else RotationGroup(_per_sample(first, n_data))
        )
        deferred: list[Step] = []
        for step in waiting:
            free = all(_commute(step, other) for other in deferred)
            if not (free and current.take(step, _per_sample(step, n_data))):
                deferred.append(step)
        groups.append(current)
        waiting = deferred
    return groups


def _per_sample(step: Step, n_data: int) -> bool:
    return isinstance(step, Rotation) and bool(step.angle[:n_data].any())


def _commute(one: Step, other: Step) -> bool:
    if isinstance(one, Diagonal):
        return all(other.commutes(Pauli(z=z)) for z in one.angles)
    return other.commutes(one.pauli)
