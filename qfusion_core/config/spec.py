"""The run specification: one document that says what is trained on what. It names no backend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from qfusion_core.config.yaml_parser import KeyPath
from qfusion_core.config.yaml_source import YamlDocument
from qfusion_core.errors import InputError
from qfusion_core.noise_parameters import Noise
from qfusion_core.options import Options
from qfusion_core.plugin.offered import Kind
from qfusion_core.plugin.registry import Registry
from qfusion_core.printable import one_line

MOST_COMPONENTS = 1_000_000
KINDS_BY_KEY: Mapping[str, Kind] = {
    "data": "dataset",
    "classical": "classical_encoder",
    "quantum": "quantum_encoder",
    "fusion": "fusion",
}


class ComponentSpec(Options):
    """A component by its name, with its options. A bare name stands for no options."""

    type: str = Field(description="name of the component, as `qfusion plugins` lists it")
    options: dict[str, Any] = Field(default={}, description="checked by the component itself")

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"type": value} if isinstance(value, str) else value


def _components_or_share(value: float | str) -> float | str:
    if isinstance(value, str):
        return value
    if not 0 < value <= MOST_COMPONENTS:
        raise ValueError(f"expected more than 0 and at most {MOST_COMPONENTS:,}, got {value}")
    if isinstance(value, float) and value >= 1:
        raise ValueError(f"expected a whole number of components or a share below 1, got {value}")
    return value


class Pca(Options):
    """Principal components: a number of them, or the share of variance to keep.

    ``qubits`` stands for as many as ``quantum.options.qubits`` says; a run is saved with the
    number.
    """

    model_config = ConfigDict(strict=True)  # True is not one component

    pca: Annotated[int | float | Literal["qubits"], AfterValidator(_components_or_share)] = Field(
        description="int: components (at most); float: share below 1; qubits: one for each"
    )


def _known_step(value: Any) -> Any:
    names = ("standardise", "quantile-normal")
    if (isinstance(value, Mapping) and set(value) == {"pca"}) or isinstance(value, Pca):
        return value
    if value not in names:
        raise ValueError(
            f"unknown transform {one_line(repr(value), 60)}; known: {', '.join(names)}, "
            "{pca: 9}, {pca: 0.95}, {pca: qubits}"
        )
    return value


Step = Annotated[Pca | Literal["standardise", "quantile-normal"], BeforeValidator(_known_step)]


class Preprocess(Options):
    """Transforms of each branch, in order, fitted on the training part only.

    With an empty list the features pass as they are: images stay images.
    """

    classical: tuple[Step, ...] = Field(default=("standardise",), max_length=64)
    quantum: tuple[Step, ...] = Field(
        default=("standardise", Pca(pca=9), "standardise"), max_length=64
    )


class Training(Options):
    """How the weights are found."""

    model_config = ConfigDict(allow_inf_nan=False)

    seed: int = Field(
        default=0, ge=0, lt=2**32, description="of the split, the weights and the batches"
    )
    epochs: int = Field(default=60, ge=1, le=1_000_000, description="at most")
    patience: int = Field(
        default=20, ge=1, le=1_000_000, description="epochs without a better validation score"
    )
    batch_size: int = Field(
        default=64, ge=2, le=100_000_000, description="a batch of one row has no variance"
    )
    learning_rate: float = Field(default=2e-3, gt=0)
    quantum_learning_rate: float = Field(default=1e-2, gt=0, description="of the quantum encoder")
    weight_decay: float = Field(default=1e-4, ge=0, description="not on the quantum encoder")
    warmup_epochs: float = Field(
        default=2, ge=0, le=1_000_000, description="linear, then a half cosine to zero"
    )
    clip_norm: float | None = Field(default=1.0, gt=0, description="of the whole gradient")
    class_weight_power: float = Field(
        default=0, ge=0, le=1, description="class weights n^-p: 0 all equal, 1 inverse frequency"
    )
    label_smoothing: float = Field(default=0, ge=0, lt=1)


class RunSpec(Options):
    """What is trained on what, whole."""

    version: Literal[1] = 1
    data: ComponentSpec
    preprocess: Preprocess = Preprocess()
    classical: ComponentSpec
    quantum: ComponentSpec = Field(description="`none`: no quantum branch, no fusion, same head")
    fusion: ComponentSpec
    training: Training = Training()
    noise: Noise | None = Field(default=None, description="injected while training; none if None")


def validate(source: YamlDocument, at: tuple[str, ...], registry: Registry) -> RunSpec:
    """The specification at a place of a document, with the checked options of its components.

    What is returned holds every option, so that later defaults do not change a saved run.

    Raises:
        InputError: Names the place, what is wrong and what to do.
    """
    spec = source.validate(RunSpec, at)
    checked = {}
    for key, kind in KINDS_BY_KEY.items():
        part: ComponentSpec = getattr(spec, key)
        if not (key == "quantum" and part.type == "none"):
            try:
                schema = registry.options(kind, part.type)
            except InputError as error:
                raise source.error((*at, key, "type"), str(error)) from None
            options = source.validate(schema, (*at, key, "options"), part.options)
            checked[key] = ComponentSpec(type=part.type, options=options.model_dump(mode="json"))
    return _with_components(spec.model_copy(update=checked), source, at)


def _with_components(spec: RunSpec, source: YamlDocument, at: tuple[str, ...]) -> RunSpec:
    """Numbers where ``{pca: qubits}`` stands.

    Raises:
        InputError: No number of qubits is set, or it stands in the classical branch.
    """
    for number, step in enumerate(spec.preprocess.classical):
        if isinstance(step, Pca) and step.pca == "qubits":
            place: KeyPath = (*at, "preprocess", "classical", number)
            raise source.error(place, "{pca: qubits} is for preprocess.quantum; give a number")
    steps = list(spec.preprocess.quantum)
    qubits = spec.quantum.options.get("qubits")
    for number, step in enumerate(steps):
        if isinstance(step, Pca) and step.pca == "qubits" and spec.quantum.type != "none":
            if not qubits:
                raise source.error(
                    (*at, "preprocess", "quantum", number),
                    "{pca: qubits}: quantum.options.qubits is not set; set it, or give a number "
                    "of components",
                )
            steps[number] = Pca(pca=qubits)
    preprocess = spec.preprocess.model_copy(update={"quantum": tuple(steps)})
    return spec.model_copy(update={"preprocess": preprocess})
