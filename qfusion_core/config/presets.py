"""A run specification from a preset and what the user changed.

A preset is a file of that shape (``presets/*.yaml``) plus ``overlays``: parts that replace the
preset's own where the data set or the classical encoder is of a given type.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from qfusion_core.config.data_argument import quoted, read_data
from qfusion_core.config.spec import (
    KINDS_BY_KEY,
    ComponentSpec,
    Preprocess,
    RunSpec,
    Training,
    validate,
)
from qfusion_core.config.yaml_parser import KeyPath
from qfusion_core.config.yaml_source import Position, YamlDocument
from qfusion_core.errors import InputError, did_you_mean
from qfusion_core.noise_parameters import Noise
from qfusion_core.options import Options
from qfusion_core.plugin.registry import Registry
from qfusion_core.printable import one_line, shown_path

PRESETS = Path(__file__).parent / "presets"

_REPLACED = ("preprocess", "classical", "quantum", "fusion", "training", "noise")


def _parts(then: dict[str, Any]) -> dict[str, Any]:
    """What an overlay may replace: never the data set, which the user names."""
    if "data" in then:
        raise ValueError("a preset cannot change the data set; remove `data`")
    for key, value in then.items():
        if key not in _REPLACED:
            raise ValueError(f"unknown part {quoted(key)}, {did_you_mean(key, _REPLACED)}")
        is_name = isinstance(value, str) and key in KINDS_BY_KEY
        if not (isinstance(value, Mapping) or is_name or (value is None and key == "noise")):
            raise ValueError(f"{key} should be a mapping (key: value)")
    return {k: {"type": v} if isinstance(v, str) else v for k, v in then.items()}


class Overlay(Options):
    """What replaces parts of a preset where the data set or the classical encoder is one of these.

    >>> Overlay.model_validate({"if": {"data": "wine"}, "then": {}}).applies({"data": "wine"})
    True
    """

    condition: dict[Literal["data", "classical"], str | tuple[str, ...]] = Field(alias="if")
    then: Annotated[dict[str, Any], AfterValidator(_parts)]

    def applies(self, types: Mapping[str, str]) -> bool:
        """Whether every type that the condition names is one of those it lists."""
        return all(
            types.get(key) in ((allowed,) if isinstance(allowed, str) else allowed)
            for key, allowed in self.condition.items()
        )


class Preset(Options):
    """A run specification without data, and what replaces its parts."""

    version: Literal[1] = 1
    preprocess: Preprocess = Preprocess()
    classical: ComponentSpec
    quantum: ComponentSpec
    fusion: ComponentSpec
    training: Training = Training()
    noise: Noise | None = None
    overlays: tuple[Overlay, ...] = ()


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
    source = _read_preset(preset)
    checked = source.validate(Preset)
    document = checked.model_dump(mode="json", exclude_unset=True, exclude={"overlays"})
    document["data"], of_data = read_data(data)
    _require_no_bare_file(data, document["data"]["type"], registry)
    texts = {at: text for at, text in source.texts.items() if at[0] != "overlays"}
    texts |= {("data", *at): text for at, text in of_data.items()}
    chosen = {"classical": classical, "quantum": quantum, "fusion": fusion} | _types_set(settings)
    applied = False
    # an earlier overlay may choose the encoder that a later one asks for
    for number, overlay in enumerate(checked.overlays):
        place = ("overlays", number, "then")
        types = {
            "data": document["data"]["type"],
            "classical": chosen["classical"] or document["classical"]["type"],
        }
        if overlay.applies(types):
            document, applied = merge(document, overlay.then), True
            texts |= {at[3:]: text for at, text in source.texts.items() if at[:3] == place}
    for key, name in chosen.items():
        if name is not None:
            document[key] = _swap(registry, key, document[key], name)
    # where overlays were laid on, the file's own positions no longer hold
    label = Position(*[f"preset {one_line(preset, 100)}"] * 2)
    positions: dict[KeyPath, Position] = {} if applied else dict(source.positions)
    positions[()] = label
    positions[("data",)] = Position(*[f"data set {quoted(data)}"] * 2)
    source = YamlDocument(source.path, document, positions, texts)
    for setting in settings:
        source = source.override(setting)
    return validate(source, (), registry)


def _require_no_bare_file(data: str, name: str, registry: Registry) -> None:
    """A file without ``file:`` in front of it is the name of no data set."""
    from qfusion_core.data.table import SUFFIXES

    is_one = Path(data).suffix.lower() in SUFFIXES or os.path.isfile(data)  # noqa: PTH113  (raises nothing)
    if ":" not in data and is_one and name not in registry.names("dataset"):
        raise InputError(f"unknown dataset {quoted(data)}; did you mean file:{shown_path(data)}?")


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


def _read_preset(preset: str) -> YamlDocument:
    path = PRESETS / f"{preset}.yaml"
    if preset not in presets():
        path = Path(preset)
        if path.suffix not in (".yaml", ".yml"):
            if os.path.lexists(path):
                raise InputError(f"preset {shown_path(path)}: expected a file .yaml or .yml")
            suggestion = did_you_mean(preset, presets())
            raise InputError(f"unknown preset {quoted(preset)}; {suggestion}")
    return YamlDocument.read(path)


def _types_set(settings: Sequence[str]) -> dict[str, str]:
    """``quantum.type=sham`` among the settings swaps the encoder as ``--quantum sham`` does."""
    pairs = (setting.partition("=")[::2] for setting in settings)
    swaps = {place.strip(): name.strip() for place, name in pairs}
    keys = [key for key in KINDS_BY_KEY if key != "data"]
    return {key: swaps[f"{key}.type"] for key in keys if swaps.get(f"{key}.type")}


def _swap(registry: Registry, key: str, part: Mapping[str, Any], name: str) -> dict[str, Any]:
    if name == "none" and key == "quantum":
        return {"type": "none"}
    try:
        fields = registry.options(KINDS_BY_KEY[key], name).model_fields
    except InputError as error:
        raise InputError(f"{key}: {error}") from None
    options = part.get("options", {})
    return {"type": name, "options": {k: v for k, v in options.items() if k in fields}}
