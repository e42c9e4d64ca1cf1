"""Quantum encoders that have a circuit: features -> data -> expectation values -> tokens."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.circuits.full_precision import full_precision
from qfusion_core.circuits.pauli_words import rectangular, token_layout, token_positions
from qfusion_core.errors import InputError
from qfusion_core.interfaces.device import Device
from qfusion_core.interfaces.device_checks import require_measured, require_wires
from qfusion_core.interfaces.encoders import QuantumEncoder
from qfusion_core.model.device_slot import DeviceSlot
from qfusion_core.model.inputs import require_features
from qfusion_core.model.zscore import ZScore
from qfusion_core.options import Options

if TYPE_CHECKING:
    from qfusion_core.model.qnode_encoder import QNodeEncoder


class CircuitEncoder(QuantumEncoder):
    """A circuit, how features become its data, and how its values become tokens.

    A subclass writes `circuit` (PennyLane) and, where features are not the data as they are,
    `encode` (torch); its ``__init__`` says the rest::

        class Tilted(CircuitEncoder):
            name = "tilted"

            def __init__(self, options, *, n_features):
                super().__init__(
                    options,
                    n_features=n_features,
                    n_wires=n_features,
                    weights=torch.randn(1, n_features, 3),
                    observables=pauli_words("z+zz-all", n_features),
                )

            def circuit(self, data, weights):
                qml.AngleEmbedding(data, wires=range(self.n_wires))
                qml.StronglyEntanglingLayers(weights, wires=range(self.n_wires))

    The circuit is traced once, on the first call; it may use attributes that do not change.

    Attributes:
        n_features: Width of the input of `forward`.
        n_wires: Qubits of the circuit.
        n_data: Entries of the data that `encode` gives and `circuit` takes.
        weights: Trainable, in the shape that `circuit` takes; flattened row-major for the device.
        observables: Pauli words, wire 0 first.
        output_shape: ``(q_tokens, q_dim)``.
        standard: The z-score of each observable, or None.
    """

    def __init__(
        self,
        options: Options,
        *,
        n_features: int,
        n_wires: int,
        weights: Tensor,
        observables: Sequence[str],
        layout: Sequence[Sequence[int]] | None = None,
        n_data: int | None = None,
        standardise: bool = True,
    ) -> None:
        """Say what the circuit is made of.

        Args:
            options: The component's options.
            n_features: Width of the input of `forward`.
            n_wires: Qubits of the circuit.
            weights: Initial weights, of any shape.
            observables: Pauli words, one letter per wire, wire 0 first.
            layout: Index ``[q_tokens, q_dim]`` into ``observables``, which may repeat; one token
                for each observable if None.
            n_data: Entries of the data; ``n_features`` if None.
            standardise: Whether each observable is z-scored (mean and variance of the batch in
                training, their running averages after).

        Raises:
            InputError: A word that does not fit the wires; a layout that does not fit the words.
        """
        super().__init__(options, n_features=n_features)
        self.n_features = n_features
        self.n_wires = n_wires
        self.n_data = n_features if n_data is None else n_data
        if not isinstance(weights, Tensor) or not weights.is_floating_point():
            got = weights.dtype if isinstance(weights, Tensor) else type(weights).__name__
            raise InputError(f"weights: expected a tensor of floating-point numbers, got {got}")
        self.weights = nn.Parameter(weights)
        self.observables = tuple(observables)
        words = Circuit(n_wires, (), n_data=0, n_weights=0)
        words.check(torch.zeros(0, 0), torch.zeros(0), self.observables)
        given = token_layout(self.observables, "per-observable") if layout is None else layout
        tokens = rectangular(given, len(self.observables))
        self.output_shape = (len(tokens), len(tokens[0]))
        self.layout: Tensor
        self.register_buffer("layout", torch.tensor(tokens), persistent=False)
        self.token_positions = torch.tensor(token_positions(self.observables, tokens))
        self.standard = ZScore(len(self.observables)) if standardise else None
        self._slot = DeviceSlot()

    @abstractmethod
    def circuit(self, data: Tensor, weights: Tensor) -> None:
        """The quantum function, in PennyLane, on wires ``0..n_wires-1``; returns nothing.

        Angles must be affine in data and weights (see `qfusion_core.circuits.tracing.trace`):
        everything else is for `encode`.

        Args:
            data: ``[n_data]``: one sample.
            weights: In the shape of `weights`.
        """

    def encode(self, x: Float[Tensor, "batch features"]) -> Float[Tensor, "batch n_data"]:
        """Features to data, in torch: scales, products, squashing, trainable or not."""
        return x

    @property
    def weights_shape(self) -> tuple[int, ...]:
        """Shape of the weights as `circuit` takes them."""
        return tuple(self.weights.shape)

    @cached_property
    def traced(self) -> Circuit:
        """The circuit as data. Its ``n_weights`` are the weights, flattened row-major."""
        sizes: dict[str, Any] = {"n_wires": self.n_wires, "n_data": self.n_data}
        with torch.device("cpu"):  # whatever the user has set for tensors that are made
            return Circuit.trace(self.circuit, **sizes, weights_shape=self.weights_shape)

    @property
    def device(self) -> Device:
        """Where the circuit runs: set from outside, in no checkpoint, shared by copies."""
        if self._slot.device is None:
            raise InputError(
                f"quantum encoder {type(self).__name__} has no device; "
                "set encoder.device = qfusion_core.open_backend(NAME), or model.attach it"
            )
        return self._slot.device

    @device.setter
    def device(self, device: Device) -> None:
        if not callable(getattr(device, "expectations", None)):
            name = repr(device) if isinstance(device, str) else "NAME"
            raise InputError(
                f"device: expected an open backend, got {device!r}; "
                f"set encoder.device = qfusion_core.open_backend({name})"
            )
        require_wires(device, self.n_wires)
        self._slot.device = device

    def prepare(self, *, gradients: bool = False) -> None:
        """Trace the circuit, and have the device do what it does once: no result takes that long.

        Args:
            gradients: Whether values will be differentiated.
        """
        _, of = self.traced, self.weights
        self.device.unwrapped.prepare(of.dtype, gradients=gradients, torch_device=of.device)

    def expectations(
        self, x: Float[Tensor, "batch features"]
    ) -> Float[Tensor, "batch n_observables"]:
        """Expectation values as the device gives them, before z-score and layout.

        Args:
            x: Features.

        Raises:
            InputError: There is no device, or a shape does not fit.
        """
        data = self._encoded(x)
        run = self._run
        if torch.compiler.is_compiling():  # neither tracing nor a device is torch's to compile
            run = torch.compiler.disable(run)
        return run(data)

    def _run(self, data: Tensor) -> Tensor:
        device, weights = self.device, self.weights.flatten()
        with full_precision(data.device):
            values = device.expectations(self.traced, data, weights, self.observables)
        return require_measured(device, values, len(data), self.observables, "expectations")

    @torch.no_grad()
    def standard_errors(
        self, x: Float[Tensor, "batch features"]
    ) -> Float[Tensor, "batch n_observables"] | None:
        """Standard errors of `expectations`, where the device knows them without running it.

        Args:
            x: Features.
        """
        data, weights = self._encoded(x), self.weights.flatten()
        with full_precision(data.device):
            return self.device.standard_errors(self.traced, data, weights, self.observables)

    def _encoded(self, x: Tensor) -> Tensor:
        require_features(x, self.n_features)
        data = self.encode(x)
        if data.shape != (len(x), self.n_data):
            raise InputError(
                f"{type(self).__name__}.encode: expected shape {[len(x), self.n_data]} "
                f"(batch, n_data), got {list(data.shape)}"
            )
        return data

    @final  # type: ignore[misc]
    def forward(self, x: Float[Tensor, "batch features"]) -> Float[Tensor, "batch q_tokens q_dim"]:
        """Tokens of each sample.

        Args:
            x: Features.
        """
        return self.arrange(self.expectations(x))

    def arrange(
        self, values: Float[Tensor, "batch n_observables"]
    ) -> Float[Tensor, "batch q_tokens q_dim"]:
        """Expectation values as tokens: z-scored, then laid out."""
        if self.standard is not None:
            values = self.standard(values)
        return values[:, self.layout]

    def extra_repr(self) -> str:
        """Width in words; that of the cones once the circuit is traced, which takes a while."""
        if "traced" in vars(self):
            return self.traced.width(self.observables)
        return f"{self.n_wires} qubits"

    @staticmethod
    def from_qnode(
        qnode: Any, *, n_features: int, weights_shape: Any, **options: Any
    ) -> QNodeEncoder:
        """An encoder from an existing PennyLane QNode: see `qfusion_core.QNodeEncoder`."""
        from qfusion_core.model.qnode_encoder import QNodeEncoder

        return QNodeEncoder(qnode, n_features=n_features, weights_shape=weights_shape, **options)
