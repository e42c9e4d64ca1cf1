"""What evaluates circuits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, final

import torch
from torch import Tensor

from qfusion_core import options as base
from qfusion_core.circuits.circuit import Circuit
from qfusion_core.circuits.parameter_shift import parameter_shift, trainable_angles
from qfusion_core.errors import QfusionError
from qfusion_core.interfaces.component import Component
from qfusion_core.interfaces.device_checks import checked_angles, require_measured

if TYPE_CHECKING:
    from qfusion_core.noise_parameters import NoiseParameters

NO_GRADIENTS = (
    "no gradients through a pool: the halves of a parameter shift would come from "
    "different machines; train on one of its members"
)


class Device(Component, ABC):
    """Evaluates circuits. A configured device is a backend: one entry of ``backends.yaml``.

    Attributes:
        name: The ``type:`` of a ``backends.yaml`` entry.
        shots: Measurements behind each value, or None where values are exact.
        max_wires: Largest circuit that fits, or None where memory alone limits it.
        rows_per_call: Most rows that it is asked for at once; None where it splits them itself.
        stored: Whether its values follow from what was measured before, so that no shot is drawn.
        largest: Largest size that a value can have: 1, and infinite where values are mitigated,
            corrected or have normal noise. What lies further from 0 is refused.
    """

    name: str  # of a class, and of a device that stands for another one
    Credentials: ClassVar[type[base.Credentials]] = base.Credentials
    shots: int | None = None
    max_wires: int | None = None
    rows_per_call: int | None = 1024
    stored: bool = False
    largest: float = 1.0

    def __init__(self, options: base.Options, credentials: base.Credentials | None = None) -> None:
        """Open the device. Nothing is sent anywhere before the first evaluation."""

    @classmethod
    def packages(cls, options: base.Options) -> Sequence[str]:
        """Distributions that it needs with these options, for `qfusion backends --check`."""
        return ()

    @classmethod
    def runs_here(cls, options: base.Options) -> bool:
        """Whether it is on this machine with these options, and asks nobody else.

        Only then may an entry open it whose file was merely found in the working directory.
        """
        return not cls.Credentials.model_fields

    @classmethod
    def lacks_credentials(cls, options: base.Options, given: Collection[str]) -> str | None:
        """Which credentials are missing with these options, in a few words; None: none.

        Looks at this machine only: asks nobody, and imports no vendor's package.

        Args:
            options: Of the entry.
            given: Fields of `Credentials` that the entry names and that are set.
        """
        fields = cls.Credentials.model_fields.items()
        absent = [name for name, field in fields if field.is_required() and name not in given]
        return f"add credentials: {{{absent[0]}: {{$env: NAME}}}}" if absent else None

    @classmethod
    def opens_lightly(cls, options: base.Options) -> bool:
        """Whether opening it imports no vendor's package: a listing opens no other."""
        return True

    @property
    def unwrapped(self) -> Device:
        """What runs the circuits, where this device only changes the values of another one."""
        return self

    def noise_model(self) -> NoiseParameters | None:
        """Noise of what it runs on, the mean over its qubits; None: not known, or there is none.

        Asks no machine: a calibration snapshot that lies here will do.
        """
        return None

    def condition(self) -> Mapping[str, str]:
        """What its machine is called (``machine``) and when it was calibrated (``calibrated``).

        Empty where there is no machine, or it does not say. Runs nothing there.
        """
        return {}

    def prepare(
        self,
        dtype: torch.dtype = torch.float32,
        *,
        gradients: bool = False,
        torch_device: torch.device | None = None,
    ) -> None:
        """Do what is done once before values can be computed here: compile kernels, for one.

        Verbs call it before they look at the clock, and the doctor before anything else. It asks no
        machine, and draws nothing.

        Args:
            dtype: Of data and weights.
            gradients: Whether they will be differentiated.
            torch_device: Where they are; None: on the CPU.
        """

    def notices(self) -> Sequence[str]:
        """What a verb says before it uses the device: how old its values are, for one."""
        return ()

    @final
    def split_rows(self, rows: Tensor) -> tuple[Tensor, ...]:
        """Rows of data or of angles in parts, each for one call; of no row there is one part."""
        parts: tuple[Tensor, ...] = rows.split(self.rows_per_call or max(1, len(rows)))
        return parts

    def standard_errors(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor | None:
        """Standard errors of what `expectations` gives with the same arguments, from the shots.

        None where they are not known without running the circuit. They are no function to be
        differentiated.

        Returns:
            ``[batch, n_observables]`` in the dtype of ``data``, or None.
        """
        return None

    @abstractmethod
    def expectations(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor:
        """Expectation values of Pauli words, differentiable in data and weights.

        Args:
            circuit: What to run.
            data: ``[batch, n_data]``.
            weights: ``[n_weights]``.
            observables: Pauli words, one letter per wire, wire 0 first.

        Returns:
            ``[batch, n_observables]`` in the dtype of ``data``.
        """


class BlackBoxDevice(Device, ABC):
    """A device that cannot be differentiated through: shots, noise, hardware.

    An adapter writes `evaluate`; batching, checks and gradients (parameter shift on the gate
    angles, see `qfusion_core.circuits.parameter_shift`) are the core's.

    Attributes:
        shiftable: Whether values of shifted rows may be subtracted; not where they come from
            different machines.
        tells_ahead: Whether `expectations` tells `foresee` of a step. Who does not know what will
            be asked for next, and opened the device, says False: each call stands for itself.
    """

    shiftable: bool = True
    tells_ahead: bool = True

    @abstractmethod
    def evaluate(self, circuit: Circuit, angles: Tensor, observables: Sequence[str]) -> Tensor:
        """Expectation values for rows of gate angles.

        Args:
            circuit: The template: the same for all rows.
            angles: ``[rows, n_angles]`` in radians, one column per rotation gate, by position.
            observables: Pauli words, one letter per wire, wire 0 first.

        Returns:
            ``[rows, n_observables]``.
        """

    def foresee(
        self, circuit: Circuit, angles: Tensor, columns: Tensor, observables: Sequence[str]
    ) -> None:
        """Told of a step before its forward pass: what costs money can be asked for as a whole.

        Args:
            circuit: The template.
            angles: ``[rows, n_angles]`` in radians.
            columns: Positions of the angles whose gradient will be asked for.
            observables: Pauli words.
        """

    @final
    def expectations(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor:
        """`evaluate` on the circuit's angles, with exact parameter-shift gradients.

        One `evaluate` call goes forward, with a row for each sample; one more goes back, with two
        rows for each sample and each angle that depends on something which needs a gradient. It is
        not asked at all for an empty batch.

        Raises:
            InputError: An argument does not fit the circuit, or the circuit not the device.
            QfusionError: NaN or infinity on the way in; a result of the wrong shape.
        """
        if torch._C._are_functorch_transforms_active():  # torch's own words would be of its inside
            raise QfusionError(
                f"device {self.name!r}: no torch.func (grad, vmap, jvp, ...) through a black box; "
                "use torch.autograd, and rows of data for vmap"
            )
        angles = checked_angles(self, circuit, data, weights, observables)

        def run(rows: Tensor) -> Tensor:
            wanted = (len(rows), len(observables))
            if 0 in wanted:
                return rows.new_zeros(wanted)
            values = self.evaluate(circuit, rows, observables)
            values = require_measured(self, values, len(rows), observables, "evaluate")
            return values.detach().to(rows)

        columns = trainable_angles(circuit, data=data.requires_grad, weights=weights.requires_grad)
        columns = columns if torch.is_grad_enabled() else columns[:0]
        if self.tells_ahead and len(angles) and observables:
            self.foresee(circuit, angles.detach(), columns, observables)
        refusal = "" if self.shiftable else NO_GRADIENTS
        # torch goes back on a GPU in a thread of its own, where no signal can end a wait politely
        return parameter_shift(run, angles.cpu(), columns, refusal=refusal).to(angles.device)
