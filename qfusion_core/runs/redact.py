"""What of a run may be shared: an allow-list of keys, and values without a place in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from qfusion_core.config.spec import ComponentSpec, RunSpec
from qfusion_core.runs.config import RunConfig

_PROVENANCE = ("versions", "commit", "python", "threads", "time", "torch_device")
_REFIT = ("backend", "device", "options", "rows", "encoding")
# an absolute path inside a text, but not the path of an address
_PATH = re.compile(r"(?<![\w:/.])(?:~|[A-Za-z]:)?[/\\][^\s;,'\"]*")


def provenance_to_share(found: Mapping[str, Any]) -> dict[str, Any]:
    """Versions, commit and time; of a refit, what it was made on, without ids and paths."""
    shared = {key: _plain(found[key]) for key in _PROVENANCE if key in found}
    refit = found.get("refit")
    if isinstance(refit, Mapping):
        shared["refit"] = {key: _plain(refit[key]) for key in _REFIT if key in refit}
        shared["refit"]["run"] = base_name(str(refit.get("run", "")))
    return shared


def spec_to_share(spec: RunSpec) -> RunSpec:
    """The same specification; options that name a file keep its name, addresses are left out."""
    options = {
        key: _file_names(value)
        for key, value in spec.data.options.items()
        if not (isinstance(value, str) and "://" in value)
    }
    noise = spec.noise and spec.noise.model_copy(update={"snapshot": None})
    update: dict[str, Any] = {"noise": noise if _says(noise) else None}
    update["data"] = ComponentSpec(type=spec.data.type, options=options)
    for key in ("classical", "quantum", "fusion"):
        part: ComponentSpec = getattr(spec, key)
        own = {name: _file_names(value) for name, value in part.options.items()}
        update[key] = ComponentSpec(type=part.type, options=own)
    return spec.model_copy(update=update)


def source_to_share(config: RunConfig) -> str:
    """Where the data came from, without the way to a file."""
    text = config.data_source
    for value in config.spec.data.options.values():
        if isinstance(value, str) and value:
            text = text.replace(value, base_name(value))
    return without_paths(text)


def without_paths(text: str) -> str:
    """A text whose absolute paths are cut to their last part.

    >>> without_paths("/home/ada/t.csv; 5 rows; https://example.org/a/b")
    't.csv; 5 rows; https://example.org/a/b'
    """
    return _PATH.sub(lambda match: base_name(match[0]), text)


def base_name(path: str) -> str:
    """The last part of a path of either kind.

    >>> base_name("/home/ada/t.csv"), base_name("C:\\\\data\\\\t.csv"), base_name("t.csv")
    ('t.csv', 't.csv', 't.csv')
    """
    pure = PureWindowsPath(path) if "\\" in path else PurePosixPath(path)
    return pure.name


def _file_names(value: Any) -> Any:
    if isinstance(value, str):
        return base_name(value) if re.match(r"[/\\~]|[A-Za-z]:[/\\]", value) else value
    return [_file_names(entry) for entry in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {without_paths(str(key)): _plain(entry) for key, entry in value.items()}
    return without_paths(value) if isinstance(value, str) else value


def _says(noise: Any) -> bool:
    return noise is not None and bool(noise.shots or noise.readout_error or noise.depolarizing)
