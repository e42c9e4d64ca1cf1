"""The model: preprocessing, both encoders, the fusion and the head, as one module."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from tabm import LinearEnsemble
from torch import Tensor, nn

from qfusion_core.config.spec import ComponentSpec, RunSpec
from qfusion_core.data.split import Part
from qfusion_core.errors import InputError, QfusionError
from qfusion_core.interfaces.component import made
from qfusion_core.interfaces.device import Device
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.model.inputs import require_input, require_numbers, require_tensor
from qfusion_core.model.named_rows import RowNames
from qfusion_core.model.prediction import logits_in_chunks
from qfusion_core.model.preprocess import Pipeline
from qfusion_core.model.token_classifier import TokenClassifier
from qfusion_core.plugin.offered import Kind
from qfusion_core.plugin.registry import Registry


class FusionClassifier(TokenClassifier):
    """Classical features query quantum tokens; a head classifies what the fusion joins.

    With ``quantum: none`` there is neither quantum encoder nor fusion: the classical model with
    the same head. The device that runs the circuit is injected (`attach`) and never saved.

    Args:
        spec: What the model is made of.
        pipelines: Fitted transforms of the ``classical`` and the ``quantum`` branch.
        input_shape: Shape of one raw sample.
        n_classes: Number of classes.
        names: Of columns and classes, for `predict`; None: it has none.
    """

    def __init__(
        self,
        spec: RunSpec,
        *,
        pipelines: dict[str, Pipeline],
        input_shape: tuple[int, ...],
        n_classes: int,
        registry: Registry | None = None,
        names: RowNames | None = None,
    ) -> None:
        super().__init__()
        registry = registry or Registry()
        self.input_shape, self.names = input_shape, names
        self.transforms = nn.ModuleDict(pipelines)
        shape = pipelines["classical"].output_shape(input_shape)
        self._shapes: dict[str, tuple[int, ...]] = {"x_c": shape}
        self.classical = _make(registry, "classical_encoder", spec.classical, input_shape=shape)
        self.quantum = None
        self.fusion = None
        tokens, width = self.classical.output_shape
        if spec.quantum.type != "none":
            self._shapes["x_q"] = (n_features,) = pipelines["quantum"].output_shape(input_shape)
            self.quantum = _make(registry, "quantum_encoder", spec.quantum, n_features=n_features)
            self.fusion = _make(
                registry,
                "fusion",
                spec.fusion,
                classical_shape=self.classical.output_shape,
                quantum_shape=self.quantum.output_shape,
            )
            self.fusion.place_tokens(self.quantum.token_positions)
        joined = self.fusion.out_dim if self.fusion else tokens * width
        members = self.classical.members
        self.head = (
            nn.Linear(joined, n_classes)
            if members == 1
            else LinearEnsemble(joined, n_classes, k=members)
        )

    @classmethod
    def fit_transforms(cls, spec: RunSpec, train: Part, **rest: Any) -> FusionClassifier:
        """A model with fresh weights whose transforms are fitted on the training part.

        Args:
            spec: What the model is made of.
            train: The training part: nothing else is looked at.
            rest: ``n_classes``, ``registry``, ``names``.
        """
        pipelines = {"classical": Pipeline.fit(spec.preprocess.classical, train.x)}
        if spec.quantum.type != "none":
            pipelines["quantum"] = Pipeline.fit(spec.preprocess.quantum, train.x)
            if len(pipelines["quantum"].output_shape(train.x.shape[1:])) != 1:
                raise InputError(
                    "preprocess.quantum: the quantum branch takes a row of features, got images; "
                    "add a transform such as {pca: 9}"
                )
        return cls(spec, pipelines=pipelines, input_shape=tuple(train.x.shape[1:]), **rest)

    @property
    def classes_(self) -> NDArray[Any]:
        """Names of the classes, in the order of logits and probabilities."""
        return np.array(self.names.classes if self.names else ())

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns of a table, as in training; none of images."""
        return self.names.features if self.names else ()

    def predict_proba(self, rows: Any) -> NDArray[np.float64]:
        """Probabilities ``[rows, classes]`` of new rows, in the order of `classes_`.

        Args:
            rows: A data frame (pandas, polars, Arrow), whose columns are found by their names; an
                array with as many columns as `feature_names`; images of one shape.

        Raises:
            InputError: A column is not there, or has text where numbers were; the model was made
                without names.
        """
        if self.names is None:
            raise InputError(
                "the model does not know the names of its columns and classes; qfusion_core.load "
                "gives one that does, or use model(*model.preprocess(tensor))"
            )
        training = self.training
        try:
            inputs = self.preprocess(self.names.raw(rows, self.input_shape))
            logits = logits_in_chunks(self, *inputs)  # in evaluation mode
        finally:
            self.train(training)
        found: NDArray[np.float64] = logits.double().softmax(1).numpy()
        return found

    def predict(self, rows: Any) -> NDArray[Any]:
        """Class names ``[rows]`` of new rows; see `predict_proba`."""
        found: NDArray[Any] = self.classes_[self.predict_proba(rows).argmax(1)]
        return found

    def attach(self, device: Device) -> FusionClassifier:
        """Run the circuit on this device from now on; models without a circuit need none.

        Raises:
            InputError: The circuit has more qubits than the device.
        """
        if isinstance(self.quantum, CircuitEncoder):
            self.quantum.device = device
        return self

    def prepare(self, *, gradients: bool = False) -> None:
        """Do what is done once before the circuit runs, if there is one: no result takes that long.

        Args:
            gradients: Whether values will be differentiated.
        """
        if isinstance(self.quantum, CircuitEncoder):
            self.quantum.prepare(gradients=gradients)

    @torch.no_grad()
    def preprocess(self, raw: Float[Tensor, "rows ..."]) -> tuple[Tensor, Tensor]:
        """Raw features to ``(x_c [rows, *input_shape], x_q [rows, n_features])``.

        Transforms run in float64, where the weights are, and their results come in the dtype of
        the weights.

        Raises:
            InputError: No tensor, samples of another shape than the model was trained on, NaN or
                infinity in them, or weights in a dtype that torch does not compute with.
        """
        require_tensor("x", raw)
        if tuple(raw.shape[1:]) != self.input_shape:
            raise InputError(
                f"x: expected samples of shape {list(self.input_shape)}, as in training, got "
                f"{list(raw.shape[1:])}"
            )
        dtype = next(self.head.parameters()).dtype
        if dtype not in _DTYPES:
            raise InputError(
                f"the model's weights are {dtype}, in which torch does not compute; use "
                "model.float(), or one of double, half and bfloat16"
            )
        require_numbers("x", raw)
        raw = raw.to(self.torch_device, torch.float64)
        x_c = self.transforms["classical"](raw).to(dtype)
        if self.quantum is None:
            return x_c, raw.new_zeros(len(raw), 0, dtype=dtype)
        return x_c, self.transforms["quantum"](raw).to(dtype)

    def tokens(self, x_q: Float[Tensor, "batch features"]) -> Tensor | None:
        """Quantum tokens ``[batch, q_tokens, q_dim]``, or None where there is no quantum branch."""
        return None if self.quantum is None else self.quantum(x_q)

    def forward(self, x_c: Tensor, x_q: Tensor) -> Float[Tensor, "batch classes"]:
        """Logits of each sample.

        Args:
            x_c: Of `preprocess`, or alike; ``[rows, *shape]``.
            x_q: Likewise, ``[rows, n_features]``; where there is no quantum branch, anything.

        Raises:
            InputError: Not of that kind, shape, dtype or torch device.
        """
        weights = getattr(self.head, "weight", None)  # a replica has no parameters
        given = {"x_c": x_c, "x_q": x_q}
        for name, shape in self._shapes.items():
            require_input(name, given[name], shape, weights)
        if self.quantum is not None and len(x_c) != len(x_q):
            raise InputError(
                f"x_c, x_q: expected as many rows in both, got {len(x_c)} and {len(x_q)}"
            )
        return super().forward(x_c, x_q)


_DTYPES = (torch.float32, torch.float64, torch.float16, torch.bfloat16)

_PROMISED: dict[Kind, str] = {
    "classical_encoder": "output_shape",
    "quantum_encoder": "output_shape",
    "fusion": "out_dim",
}


def _make(registry: Registry, kind: Kind, part: ComponentSpec, **shapes: Any) -> Any:
    component = registry.get(kind, part.type)
    called = f"{kind.replace('_', ' ')} {part.type!r} of {registry.provider(kind, part.type)}"
    options = component.Options.model_validate(part.options)
    module = made(component, called, options, **shapes)
    if not hasattr(module, _PROMISED[kind]):
        raise QfusionError(
            f"{called}: class {component.__name__} has no {_PROMISED[kind]}; set it in __init__: "
            "this is a fault of its plugin"
        )
    return module


def circuit_of(model: FusionClassifier, backend: str) -> CircuitEncoder:
    """The model's quantum encoder.

    Raises:
        InputError: It has no circuit.
    """
    if not isinstance(model.quantum, CircuitEncoder):
        raise InputError(
            "the model has no circuit (its quantum branch is a control or none), so there is "
            f"nothing to measure on {backend!r}"
        )
    return model.quantum
