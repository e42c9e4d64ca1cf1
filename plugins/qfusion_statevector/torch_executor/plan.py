"""A program as passes, and how data and weights become their parameters."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from qfusion_statevector.compiler.pauli import Pauli
from qfusion_statevector.compiler.program import Program
from qfusion_statevector.compiler.schedule import Affine, Rotation
from qfusion_statevector.torch_executor.angles import Angles
from qfusion_statevector.torch_executor.basis import Basis
from qfusion_statevector.torch_executor.groups import PhaseGroup, RotationGroup, group
from qfusion_statevector.torch_executor.local_unitaries import (
    Hadamard,
    kronecker,
    product_state,
    windows,
)
from qfusion_statevector.torch_executor.parameters import Gradients, PassParameters
from qfusion_statevector.torch_executor.passes import (
    Pass,
    Relabel,
    SampledPhases,
    SampledRotations,
    SharedPhases,
    Window,
)


class Plan:
    """The passes of a program after its start.

    Attributes:
        passes: In the order in which they act.
        basis: Of the final state.
    """

    def __init__(self, program: Program, dtype: torch.dtype, device: torch.device) -> None:
        """Group the steps and build the tables of the passes.

        Args:
            program: What to run.
            dtype: Of the state: complex64 or complex128.
            device: Where it runs.
        """
        self._n_wires, self._tensor_type = program.n_wires, (dtype, device)
        self._n_data = program.n_data
        self._real = dtype.to_real()
        self._kind = torch.empty(0, dtype=self._real, device=device)
        self._all = self._hadamard(self._n_wires, self._n_wires, unitary=False)
        self._turns: list[Affine] = []
        self._windows: list[list[int]] = []
        self._shared: list[tuple[int, int, Affine]] = []  # column, mask, angle
        self._columns = 0
        self._sampled: list[Affine] = []
        growing = [step for step in program.steps[: program.growing] if isinstance(step, Rotation)]
        self._growing = len(growing)
        self.passes: list[Pass] = []
        self.basis = Basis.of(_generators(growing), self._n_wires)
        for steps in group(program.steps[program.growing :], self._n_data):
            if isinstance(steps, RotationGroup):
                self._add_turns(steps)
            else:
                self._add_phases(steps)
        self._angles = Angles(
            [*(turn.angle for turn in growing), *self._sampled],
            [*self._turns, *(angle for *_, angle in self._shared)],
            program.n_data + program.n_weights + 1, program.n_data, self._real, device,
        )  # fmt: skip
        size = 1 << self._n_wires
        places = [column * size + mask for column, mask, _ in self._shared]
        self._places = torch.tensor(places, dtype=torch.long, device=device)
        self._window_index = torch.tensor(self._windows, dtype=torch.long, device=device)

    def _add_turns(self, rotation_group: RotationGroup) -> None:
        words = [turn.pauli for turn in rotation_group.rotations]
        if not rotation_group.per_sample:
            words = _generators(rotation_group.rotations)
        new = Basis.of(words, self._n_wires)
        self.passes.append(Relabel(self.basis, new, *self._tensor_type))
        self.basis = new
        if rotation_group.per_sample:
            rows = self._sampled_rows([turn.angle for turn in rotation_group.rotations])
            bits = len(words)
            states = self._hadamard(bits, self._n_wires, unitary=True)
            self.passes.append(SampledRotations(bits, rows, states, self._kind))
            return
        first = len(self._turns)
        self._turns += [turn.angle for turn in rotation_group.rotations]
        for above, members in windows(len(words), self._n_wires):
            self.passes.append(Window(above, len(self._windows)))
            # -1 is the identity
            self._windows.append([-1 if m is None else first + m for m in members])

    def _add_phases(self, phase_group: PhaseGroup) -> None:
        merged: dict[int, Affine] = {}
        for z, angle in phase_group.angles:
            mask = self.basis.mask(z)
            merged[mask] = merged.get(mask, 0.0) + angle
        if phase_group.per_sample:
            rows = self._sampled_rows(list(merged.values()))
            self.passes.append(SampledPhases(list(merged), self._n_wires, rows, self._kind))
            return
        self.passes.append(SharedPhases(self._columns))
        self._shared += [(self._columns, mask, angle) for mask, angle in merged.items()]
        self._columns += 1

    def _hadamard(self, count: int, bits: int, *, unitary: bool) -> Hadamard:
        return Hadamard(count, bits, self._real, self._tensor_type[1], unitary=unitary)

    def _sampled_rows(self, angles: Sequence[Affine]) -> slice:
        first = len(self._sampled)
        self._sampled += angles
        return slice(first, len(self._sampled))

    def forward(self, data: Tensor, weights: Tensor, keep: bool) -> PassParameters:
        """Everything that the passes need, with what `backward` needs (if ``keep``)."""
        sampled, shared = self._angles.forward(data, weights)
        growth = sampled[: self._growing].detach().requires_grad_(keep)
        turns = shared[: len(self._turns)].detach().requires_grad_(keep)
        with torch.set_grad_enabled(keep):
            start = product_state(_rotated(growth)) if len(growth) else data.new_ones(1, len(data))
            unitaries = self._unitaries(turns)
        half = sampled[self._growing :] / 2
        factor = torch.complex(half.cos(), -half.sin())
        factors = torch.stack([factor, factor.conj()], 1)
        phases = self._phases(shared[len(self._turns) :])
        return PassParameters(growth, turns, start, unitaries, phases, factors)

    def state(self, start: Tensor) -> Tensor:
        """``[1, 2^n, batch]`` from the grown product state ``[2^words, batch]``.

        It is real in the basis of the growing words. Bits that no word has reached stay 0; they are
        the lowest.
        """
        state = start.new_zeros(1, 1 << self._n_wires, start.shape[1], dtype=self._tensor_type[0])
        state[0, :: self._rest(start)] = start
        return state

    def backward(
        self,
        saved: PassParameters,
        start: Tensor,
        gradients: Gradients,
        of_data: bool,
        of_weights: bool,
    ) -> tuple[Tensor | None, Tensor | None]:
        """Gradients of data and weights from those of the parameters.

        Args:
            saved: Of `forward`.
            start: The gradient of the state ``[2^n, batch]``.
            gradients: Of the passes.
            of_data: Whether that of the data is asked for.
            of_weights: Whether that of the weights is.
        """
        ends = [(saved.start, start[:: self._rest(saved.start)].real.contiguous())]
        ends.append((saved.unitaries, gradients.unitaries))
        ends = [(value, of_value) for value, of_value in ends if value.requires_grad]
        growth, turns = torch.autograd.grad(
            [value for value, _ in ends], [saved.growth, saved.turns],
            [of_value for _, of_value in ends],
            retain_graph=True, allow_unused=True, materialize_grads=True,
        )  # fmt: skip
        sums = self._all(gradients.phases[None])[0] * -0.5 if self._columns else gradients.phases
        sampled = torch.cat([growth, gradients.sampled])
        shared = torch.cat([turns, sums.T.reshape(-1)[self._places]])
        return self._angles.backward(sampled, shared, of_data, of_weights)

    def _rest(self, start: Tensor) -> int:
        return (1 << self._n_wires) // len(start)

    def _unitaries(self, turns: Tensor) -> Tensor:
        """``[windows, d, d]``, of turns about X by their angles."""
        half = torch.nn.functional.pad(turns / 2, (0, 1))  # the last one is the identity
        c, s = half.cos(), half.sin()
        pairs = torch.stack([c, -s, s, c], -1).view(-1, 2, 2)
        return kronecker(pairs[self._window_index]) if self._windows else pairs[:0]

    def _phases(self, angles: Tensor) -> Tensor:
        """``[2^n, passes]`` in radians: sums over the words of a pass, with all signs."""
        size = 1 << self._n_wires
        table = angles.new_zeros(self._columns * size).index_copy_(0, self._places, angles)
        table = table.view(self._columns, size).T
        return self._all(table[None])[0] * -0.5 if self._columns else table


def _rotated(angles: Tensor) -> Tensor:
    """``[words, 2, batch]``: what each growing rotation makes of 0."""
    half = angles / 2
    return torch.stack([half.cos(), half.sin()], 1)


def _generators(turns: Sequence[Rotation]) -> list[Pauli]:
    """-iP of each: where states differ by these, ``cos(t/2) - i sin(t/2) P`` is real."""
    return [turn.pauli._replace(p=turn.pauli.p + 3) for turn in turns]
