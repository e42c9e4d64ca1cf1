"""The order of the rotations: as few passes over the state as commutation allows.

Rotations that meet an equal one become one: ``exp(-i s/2 P) exp(-i t/2 P) = exp(-i (s+t)/2 P)``.
Diagonal rotations (words of Z) whose angles all samples share join into one phase pass, and wait
as late as they can for more of their kind; all others go as early as they can, where they still
find the state small.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qfusion_statevector.compiler.pauli import Pauli

Affine = NDArray[np.float64]
"""An angle as a row of coefficients: of the data, of the weights, and 1."""


@dataclass
class Rotation:
    """``exp(-i angle/2 pauli)``."""

    pauli: Pauli
    angle: Affine

    def commutes(self, pauli: Pauli) -> bool:
        """Whether a word can be moved past this step."""
        return self.pauli.commutes(pauli)


@dataclass
class Diagonal:
    """``prod_z exp(-i angle_z/2 Z^z)``: words of Z with angles that all samples share."""

    angles: dict[int, Affine] = field(default_factory=dict)

    def commutes(self, pauli: Pauli) -> bool:
        """Whether a word can be moved past all of this step."""
        return all(Pauli(z=z).commutes(pauli) for z in self.angles)


Step = Rotation | Diagonal


class Schedule:
    """Steps in the order in which they act, built one rotation at a time."""

    def __init__(self, n_data: int) -> None:
        """Nothing yet. ``n_data`` leading coefficients of an angle belong to the data."""
        self.steps: list[Step] = []
        self._n_data = n_data

    def add(self, pauli: Pauli, angle: Affine) -> None:
        """A rotation about a Hermitian word after all that is there already."""
        angle = pauli.sign * angle
        pauli = pauli.unsigned
        shared_diagonal = pauli.x == 0 and not angle[: self._n_data].any()
        position, phase_pass = len(self.steps), None
        while position:
            step = self.steps[position - 1]
            if isinstance(step, Diagonal):
                if shared_diagonal:  # the earliest that can be reached: the later ones wait
                    phase_pass = step
            elif step.pauli == pauli:
                step.angle = step.angle + angle
                return
            if not step.commutes(pauli):
                break
            position -= 1
        if phase_pass is not None:
            phase_pass.angles[pauli.z] = phase_pass.angles.get(pauli.z, 0.0) + angle
            return
        if position == 0 and pauli.x == 0:
            return  # a phase of |0...0>, which nobody sees
        if shared_diagonal:
            self.steps.append(Diagonal({pauli.z: angle}))
        else:
            self.steps.insert(self._after_its_like(position, pauli), Rotation(pauli, angle))

    def _after_its_like(self, position: int, pauli: Pauli) -> int:
        """Keeps commuting rotations in the order of their gates; no pass depends on it."""
        while position < len(self.steps):
            step = self.steps[position]
            if isinstance(step, Diagonal) or not step.commutes(pauli):
                break
            position += 1
        return position
