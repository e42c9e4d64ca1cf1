"""What evaluates circuits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, ClassVar, final

from torch import Tensor

from qfusion_core import options as base
from qfusion_core.circuits.circuit import Circuit
from qfusion_core.interfaces.component import Component

if TYPE_CHECKING:
    from qfusion_core.noise_parameters import NoiseParameters


class Device(Component):
    """Evaluates circuits. A configured device is a backend: one entry of ``backends.yaml``.

    Attributes:
        name: The ``type:`` of a ``backends.yaml`` entry.
        shots: Measurements behind each value, or None where values are exact.
        max_wires: Largest circuit that fits, or None where memory alone limits it.
        rows_per_call: Most rows that it is asked for at once; None where it splits them itself.
    """

    Credentials: ClassVar[type[base.Credentials]] = base.Credentials
    shots: int | None = None
    max_wires: int | None = None
    rows_per_call: int | None = 1024

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

    def noise_model(self) -> NoiseParameters | None:
        """Noise of what it runs on, the mean over its qubits; None: not known, or there is none.

        Asks no machine: a calibration snapshot that lies here will do.
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
    """

    shiftable: bool = True

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

    @final
    def expectations(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor:
        """`evaluate` on the circuit's angles, with exact parameter-shift gradients."""
        from qfusion_core.circuits.parameter_shift import shifted_expectations

        return shifted_expectations(self, circuit, data, weights, observables)
