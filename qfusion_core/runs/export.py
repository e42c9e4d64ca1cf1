"""A copy of a run folder to share: what is listed here, and nothing else.

No path, host, account, job or measurement id, and no checkpoint, journal or raw reply. What remains
of the data is said: the names of classes and features, and the statistics that the transforms and
the model hold.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from qfusion_core.config.yaml_dump import dump
from qfusion_core.errors import InputError, damaged
from qfusion_core.plugin.registry import Registry
from qfusion_core.printable import shown_path
from qfusion_core.runs.claim import cannot_write, require_free
from qfusion_core.runs.config import Provenance, RunConfig
from qfusion_core.runs.exported_measurements import (
    exported_calibrations,
    measured_values,
    surrogates_left_out,
)
from qfusion_core.runs.folder import RunFolder
from qfusion_core.runs.loading import load_model, save_model
from qfusion_core.runs.model_card import model_card
from qfusion_core.runs.redact import provenance_to_share, source_to_share, spec_to_share
from qfusion_core.storage.places import expanded
from qfusion_core.storage.reading import DOCUMENT_LIMIT, read_text
from qfusion_core.storage.writing import write_atomically

_METRICS = ("test", "validation", "epochs", "rows", "parameters", "seconds", "device")
_SCORES = frozenset(
    "macro_f1 weighted_f1 accuracy epoch train_loss validation_loss validation_macro_f1 "
    "validation_accuracy score all classical quantum".split()
)


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        path: The new folder.
        files: Names of what is in it.
        remains: What somebody who has it learns of the data, one line each.
        left_out: What could not be taken along, and why.
    """

    path: Path
    files: tuple[str, ...]
    remains: tuple[str, ...]
    left_out: tuple[str, ...] = ()


_ELSEWHERE = "choose another folder"


def export(run: str | Path, to: str | Path, *, registry: Registry | None = None) -> Exported:
    """Write a copy of a finished run that can be shared: it loads and evaluates as the run does.

    A data set that is a file of one's own stays where it is: the copy looks for one of that name
    in the working directory.

    Args:
        run: Folder that ``qfusion train`` wrote; it is not changed.
        to: A new folder.
        registry: Where components are looked up.

    Raises:
        InputError: The run cannot be read or has not finished, or there is something at the target.
    """
    registry = registry or Registry()
    folder = RunFolder.open(run, registry)
    model = load_model(folder, registry)
    target = expanded(to, "to")
    require_free(target, _ELSEWHERE)
    if target.resolve().is_relative_to(folder.path.resolve()):
        raise InputError(f"{shown_path(target)}: lies in the run itself; {_ELSEWHERE}")
    config = to_share(folder.config)
    metrics = _metrics(folder)
    values, left_out = measured_values(folder.path)
    left_out += surrogates_left_out(folder.path)
    with damaged(folder.metrics):
        files = {
            "metrics.json": json.dumps(metrics, indent=2, allow_nan=False) + "\n",
            "README.md": model_card(config, metrics) if metrics.get("rows") else "",
        }
    files |= {
        "config.yaml": dump(config.model_dump(mode="json")),
        "history.jsonl": _history(folder),
        **exported_calibrations(folder.path),
    }
    if values:
        files["measured.json"] = json.dumps(values, indent=1, allow_nan=False) + "\n"
    new = not target.exists()
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            if text:
                (target / name).parent.mkdir(exist_ok=True)
                write_atomically(target / name, text)
        save_model(RunFolder(target, config), model)
    except OSError as error:
        if new:
            with contextlib.suppress(OSError):
                shutil.rmtree(target)
        raise cannot_write(target, error, _ELSEWHERE) from None
    paths = tuple(sorted(str(p.relative_to(target)) for p in target.rglob("*") if p.is_file()))
    return Exported(target, paths, tuple(_remains(config, list(model.state_dict()))), left_out)


def to_share(config: RunConfig) -> RunConfig:
    """A configuration without what says where and by whom it was made."""
    return config.model_copy(
        update={
            "spec": spec_to_share(config.spec),
            "data_source": source_to_share(config),
            "provenance": cast(Provenance, provenance_to_share(config.provenance)),
        }
    )


def _metrics(folder: RunFolder) -> dict[str, Any]:
    metrics = folder.read_metrics()
    with damaged(folder.metrics):
        exported = {key: _figures(metrics[key]) for key in _METRICS if key in metrics}
    for key in ("provenance", "refit"):
        if isinstance(metrics.get(key), dict):
            exported[key] = provenance_to_share(
                {key: metrics[key]} if key == "refit" else metrics[key]
            )
    if "refit" in exported:
        exported["refit"] = exported["refit"].get("refit", {})
    return exported


def _figures(value: Any) -> Any:
    """Numbers, and the names of scores; of texts only plain names."""
    if isinstance(value, Mapping):
        return {key: _figures(entry) for key, entry in value.items() if key in _SCORES}
    if isinstance(value, list):
        return [_figures(entry) for entry in value]
    plain = value is None or isinstance(value, int | float)
    return value if plain or (isinstance(value, str) and value.isidentifier()) else None


def _history(folder: RunFolder) -> str:
    try:
        text = read_text(folder.history, DOCUMENT_LIMIT, follow=False)
    except InputError:
        return ""  # nothing needs it
    with damaged(folder.history):
        lines = [
            json.dumps(_figures(json.loads(line)), allow_nan=False) for line in text.splitlines()
        ]
    return "\n".join(lines) + "\n"


def _remains(config: RunConfig, tensors: list[str]) -> list[str]:
    """What the copy tells of the data."""
    lines = [f"names of {len(config.classes)} classes"]
    if config.features:
        lines[0] += f" and {len(config.features)} features"
    steps = [*config.spec.preprocess.classical, *config.spec.preprocess.quantum]
    if any(name.endswith(".quantiles") for name in tensors):
        lines.append("quantiles of each feature of the training part, up to 1000")
    if steps:
        lines.append("means, spreads or components of the training part's features")
    lines.append(f"a digest of all rows, and where they come from: {config.data_source}")
    lines.append("the weights, out of which single rows might be guessed")
    return lines
