"""The run specification: one document that says what is trained on what. It names no backend.

A preset is a file of that shape (``presets/*.yaml``) plus ``overlays``: parts that replace the
preset's own where the data set or the classical encoder is of a given type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Field, model_validator

from qfusion_core.errors import InputError, did_you_mean
from qfusion_core.options import Options
from qfusion_core.registry import Kind, Registry
from qfusion_core.yaml_source import Position, Source

PRESETS = Path(__file__).parent / "presets"
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


class Pca(Options):
    """Principal components: a number of them, or the share of variance to keep."""

    pca: int | float = Field(gt=0, description="int: components (at most); float: share below 1")


def _known_step(value: Any) -> Any:
    names = ("standardise", "quantile-normal")
    if (isinstance(value, Mapping) and set(value) == {"pca"}) or isinstance(value, Pca):
        return value
    if value not in names:
        raise ValueError(
            f"unknown transform {value!r}; known: {', '.join(names)}, {{pca: 9}}, {{pca: 0.95}}"
        )
    return value


Step = Annotated[Pca | Literal["standardise", "quantile-normal"], BeforeValidator(_known_step)]


class Preprocess(Options):
    """Transforms of each branch, in order, fitted on the training part only.

    With an empty list the features pass as they are: images stay images.
    """

    classical: tuple[Step, ...] = ("standardise",)
    quantum: tuple[Step, ...] = ("standardise", Pca(pca=9), "standardise")


class Training(Options):
    """How the weights are found."""

    seed: int = Field(default=0, ge=0, description="of the split, the weights and the batches")
    epochs: int = Field(default=60, ge=1, description="at most")
    patience: int = Field(default=20, ge=1, description="epochs without a better validation score")
    batch_size: int = Field(default=64, ge=1)
    learning_rate: float = Field(default=2e-3, gt=0)
    quantum_learning_rate: float = Field(default=1e-2, gt=0, description="of the quantum encoder")
    weight_decay: float = Field(default=1e-4, ge=0, description="not on the quantum encoder")
    warmup_epochs: float = Field(default=2, ge=0, description="linear, then a half cosine to zero")
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


def presets() -> list[str]:
    """Names of the presets that the package carries."""
    return sorted(path.stem for path in PRESETS.glob("*.yaml"))


def compose(
    preset: str,
    data: str,
    *,
    classical: str | None = None,
    quantum: str | None = None,
    fusion: str | None = None,
    settings: Sequence[str] = (),
    registry: Registry,
) -> RunSpec:
    """A run specification from a preset and what the user changed.

    Args:
        preset: Name of a preset, or path of a YAML file of that shape.
        data: ``wine``, ``covertype:train=20000,test=5000``, ``file:table.csv``.
        classical: Another classical encoder; likewise ``quantum`` and ``fusion``. Of the preset's
            options those that the other component knows are kept.
        settings: ``key=value`` pairs, the key a dotted path into the specification, the value YAML.
        registry: Where the components are looked up.

    Raises:
        InputError: An unknown preset, component, key or value.
    """
    document = _read_preset(preset)
    overlays = document.pop("overlays", [])
    document["data"] = parse_data(data)
    types = {"data": document["data"]["type"]}
    types["classical"] = classical or _classical_type(document, overlays, types["data"])
    for overlay in overlays:
        if all(types[key] in _listed(wanted) for key, wanted in overlay["if"].items()):
            document = merge(document, overlay["then"])
    chosen = {"classical": classical, "quantum": quantum, "fusion": fusion}
    for key, name in chosen.items():
        if name is not None:
            document[key] = _swap(registry, KINDS_BY_KEY[key], document[key], name)
    label = f"preset {preset}"
    source = Source(label, document, {(): Position(label, label)})
    for setting in settings:
        source = source.override(setting)
    return validate(source, (), registry)


def validate(source: Source, at: tuple[str, ...], registry: Registry) -> RunSpec:
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
                component = registry.get(kind, part.type)
            except InputError as error:
                raise source.error((*at, key, "type"), str(error)) from None
            options = source.validate(component.Options, (*at, key, "options"), part.options)
            checked[key] = ComponentSpec(type=part.type, options=options.model_dump(mode="json"))
    return spec.model_copy(update=checked)


def parse_data(text: str) -> dict[str, Any]:
    """``NAME[:key=value,...]`` or ``file:PATH[:...]`` as a component.

    >>> parse_data("covertype:train=20000,test=5000")
    {'type': 'covertype', 'options': {'train': 20000, 'test': 5000}}
    >>> parse_data("fashion-mnist:classes=0,1,2")
    {'type': 'fashion-mnist', 'options': {'classes': [0, 1, 2]}}
    >>> parse_data("file:table.csv")
    {'type': 'file', 'options': {'path': 'table.csv'}}
    """
    name, _, rest = text.partition(":")
    if name == "file":
        return {"type": "file", "options": {"path": rest}}
    options = {}
    for pair in re.split(r",(?=[a-z_]+=)", rest) if rest else []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise InputError(f"data set {text!r}: expected NAME:key=value,..., got {pair!r}")
        options[key] = yaml.safe_load(f"[{value}]" if "," in value else value)
    return {"type": name, "options": options}


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings merge key by key, anything else is replaced; another ``type`` replaces its options.

    >>> merge({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}})
    {'a': {'x': 1, 'y': 3}}
    """
    if "type" in over and over["type"] != base.get("type"):
        return dict(over)
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = merge(old, value) if both else value  # type: ignore[arg-type]
    return result


def _read_preset(preset: str) -> dict[str, Any]:
    path = PRESETS / f"{preset}.yaml"
    if not path.exists():
        path = Path(preset)
        if path.suffix not in (".yaml", ".yml"):
            raise InputError(f"unknown preset {preset!r}; {did_you_mean(preset, presets())}")
    return dict(Source.read(path).data)


def _classical_type(document: Mapping[str, Any], overlays: Sequence[Any], data: str) -> str:
    """The classical encoder once the overlays of this data set alone are laid on."""
    for overlay in overlays:
        if set(overlay["if"]) == {"data"} and data in _listed(overlay["if"]["data"]):
            document = merge(document, overlay["then"])
    return str(document["classical"]["type"])


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _swap(registry: Registry, kind: Kind, part: Mapping[str, Any], name: str) -> dict[str, Any]:
    if name == "none" and kind == "quantum_encoder":
        return {"type": "none"}
    known = registry.get(kind, name).Options.model_fields
    options = part.get("options", {})
    return {"type": name, "options": {k: v for k, v in options.items() if k in known}}
