"""The contracts that plugins fill in, and nothing else.

Every component class has a ``name``, nested ``Options``, and ``example()``: options that run
offline, with which the contract tests in `qfusion_core.testing` build it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, final

from jaxtyping import Float
from torch import Tensor, nn

from qfusion_core import options as base
from qfusion_core.circuit import Circuit
from qfusion_core.data import Split

if TYPE_CHECKING:
    from qfusion_core.config.noise import NoiseParameters


class Component(ABC):
    """What all kinds of component share."""

    name: ClassVar[str]
    Options: ClassVar[type[base.Options]] = base.Options

    @classmethod
    def example(cls) -> base.Options:
        """Options with which the component runs offline, in a second or less."""
        return cls.Options()


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
    angles, see `qfusion_core.gradients`) are the core's.

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
        from qfusion_core.gradients import shifted_expectations

        return shifted_expectations(self, circuit, data, weights, observables)


class QuantumEncoder(Component, nn.Module):
    """Features to quantum tokens. Controls without a circuit are quantum encoders, too.

    Attributes:
        output_shape: ``(q_tokens, q_dim)``.
    """

    output_shape: tuple[int, int]

    def __init__(self, options: base.Options, *, n_features: int) -> None:
        nn.Module.__init__(self)

    @abstractmethod
    def forward(self, x: Float[Tensor, "batch features"]) -> Float[Tensor, "batch q_tokens q_dim"]:
        """Tokens of each sample."""


class ClassicalEncoder(Component, nn.Module):
    """Features to classical tokens.

    Attributes:
        output_shape: ``(c_tokens, c_dim)``.
        members: k member predictions per sample (1 where there is no ensemble inside). With k, the
            output has ``batch * k`` rows, sample-major.
    """

    output_shape: tuple[int, int]
    members: int = 1

    def __init__(self, options: base.Options, *, input_shape: tuple[int, ...]) -> None:
        nn.Module.__init__(self)

    @abstractmethod
    def forward(
        self, x: Float[Tensor, "batch *input"]
    ) -> Float[Tensor, "batch_members c_tokens c_dim"]:
        """Tokens of each sample and member."""


class FusionOutput(NamedTuple):
    """What a fusion returns.

    Attributes:
        features: ``[batch, out_dim]``.
        attention: Weights of the last block, ``[batch, heads, queries, keys]``, rows sum to 1; None
            where the fusion has no attention.
    """

    features: Tensor
    attention: Tensor | None = None


class Fusion(Component, nn.Module):
    """Joins classical and quantum tokens.

    Attributes:
        out_dim: Width of the joined features.
    """

    out_dim: int

    def __init__(
        self,
        options: base.Options,
        *,
        classical_shape: tuple[int, int],
        quantum_shape: tuple[int, int],
    ) -> None:
        nn.Module.__init__(self)

    @abstractmethod
    def forward(
        self,
        classical: Float[Tensor, "batch c_tokens c_dim"],
        quantum: Float[Tensor, "batch q_tokens q_dim"],
    ) -> FusionOutput:
        """Joined features ``[batch, out_dim]``."""


class Dataset(Component):
    """Loads samples. The same options and seed give the same rows in the same parts."""

    @abstractmethod
    def __init__(self, options: base.Options) -> None:
        """Keep the options; nothing is read before `load`."""

    @abstractmethod
    def load(self, *, seed: int) -> Split:
        """Read, verify and split.

        Args:
            seed: Of the split; ignored by data sets with an official one, except for validation.
        """

    def load_again(
        self, *, seed: int, class_names: Sequence[str], allow_url: bool = False
    ) -> Split:
        """The split of a run that was trained before, perhaps by somebody else or long ago.

        Args:
            seed: Of the split.
            class_names: Classes of the run; a data set that reads them from a file keeps them.
            allow_url: Whether an address that the options name may be asked; the publisher's may.
        """
        return self.load(seed=seed)


class Engine(Component):
    """Runs independent jobs: here, in processes, on a cluster."""

    @abstractmethod
    def __init__(self, options: base.Options) -> None:
        """Start nothing before `map`."""

    @abstractmethod
    def map(self, function: Callable[[Any], Any], specs: Iterable[Any]) -> Iterator[Any]:
        """Results in the order of the specs. Specs and results are plain JSON."""
