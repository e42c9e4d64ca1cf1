"""Results on disk: one JSON file for each cell of the score table."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from qfusion_core import InputError, Options

LIGHTGBM = "lightgbm"


class Cell(Options):
    """Which cell it is.

    Attributes:
        data: As the user wrote it.
        classical: Type of the classical encoder; None for LightGBM, which has none.
        preset: Name of the preset, and of the hybrid arm.
        settings: SHA-256 of all that is the same for all seeds and arms of one comparison: the
            hybrid's specification, and for LightGBM its data and parameters.
    """

    data: str
    classical: str | None
    arm: str
    seed: int
    preset: str
    settings: str

    @property
    def folder(self) -> str:
        """Cells that belong together, and no others, have the same."""
        name = re.sub(r"[^A-Za-z0-9.]+", "-", self.data)
        return f"{name}-{self.classical or LIGHTGBM}-{self.settings[:8]}"

    @property
    def file(self) -> str:
        """Name of its JSON file in the folder."""
        return f"{self.arm}-seed{self.seed}.json"

    @property
    def title(self) -> str:
        """For lines that people read."""
        return " ".join(filter(None, (self.data, self.classical, self.arm, f"seed {self.seed}")))


class Result(Options):
    """What came out: the content of a cell's JSON file.

    Attributes:
        spec: The whole specification that was run, with its SHA-256 in ``spec_digest``.
        data_digest: SHA-256 of the rows of the split: only equal ones are paired.
        test: ``macro_f1``, ``weighted_f1``, ``accuracy``, each from 0 to 1.
        validation: The epoch that was kept; None for LightGBM, as ``epochs``, ``parameters``.
        gates: ``tanh(a)`` of the fusion's gates, if it has any.
        rows: Of the training, validation and test part.
    """

    format: Literal[1] = 1
    cell: Cell
    test: dict[str, float]
    validation: dict[str, Any] | None = None
    seconds: float
    epochs: int | None = None
    gates: tuple[float, ...] | None = None
    parameters: dict[str, int] | None = None
    rows: tuple[int, int, int]
    device: str | None = None
    data_digest: str
    spec_digest: str
    spec: dict[str, Any]
    provenance: dict[str, Any]


def read_results(out: Path) -> list[Result]:
    """All results in a folder.

    Raises:
        InputError: A file that holds no result.
    """
    found = []
    for file in sorted(out.glob("*/*.json")):
        try:
            found.append(Result.model_validate_json(file.read_text()))
        except ValidationError as error:
            what = error.errors()[0]
            at = ".".join(map(str, what["loc"]))
            raise InputError(
                f"{file}: not a result of this program ({at}: {what['msg']}); move it away"
            ) from None
    return found


def refuse_mixed(out: Path, cells: Iterable[Cell]) -> None:
    """Scores of different settings have no common mean.

    Raises:
        InputError: A data set and classical encoder with more than one of them.
    """
    folders: dict[tuple[str, str | None], set[str]] = {}
    for cell in cells:
        folders.setdefault((cell.data, cell.classical), set()).add(cell.folder)
    for (data, _), names in folders.items():
        if len(names) > 1:
            raise InputError(
                f"{out}: {data} with different settings, presets or versions of them in "
                f"{' and '.join(sorted(names))}; move one away, or name another --out"
            )


def sha256(document: Any) -> str:
    """Of the canonical JSON of a document."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
