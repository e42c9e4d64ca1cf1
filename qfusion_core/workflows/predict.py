"""``predict``: classes of new rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from qfusion_core.config.arguments import require_switches
from qfusion_core.data.formats.marks import Marks
from qfusion_core.evaluation.row_selection import draw_rows
from qfusion_core.runs.folder import RunFolder
from qfusion_core.runs.opening import OpenRun
from qfusion_core.storage.places import expanded
from qfusion_core.workflows.job_options import JobOptions
from qfusion_core.workflows.limits import require_name, require_torch_device, rows_of
from qfusion_core.workflows.result import Table, VerbResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Prediction(NamedTuple):
    """Of one row, counted from 1: the likeliest class, and its probability."""

    row: int
    label: str
    probability: float


@dataclass(frozen=True)
class PredictResult(VerbResult):
    """Classes of rows.

    Attributes:
        predictions: In the order of the file.
        shares: Of a pool: which rows came from which member, counted from 1.
    """

    predictions: Sequence[Prediction]
    shares: Mapping[str, Mapping[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """``rows`` is the document of ``qfusion predict --json``."""
        keys = ("row", "class", "probability")
        return {"rows": [dict(zip(keys, row, strict=True)) for row in self.predictions]}

    def shown(self) -> Iterator[Table | str]:
        """A table with a row for each of the file."""
        yield Table(("row", "class", "probability"), self.predictions)


def predict(
    run: str | Path,
    file: str | Path,
    backend: str | None = None,
    *,
    samples: int | None = None,
    seed: int = 0,
    raw: bool = False,
    torch_device: str = "cpu",
    backends_file: str | Path | None = None,
    jobs: JobOptions | None = None,
) -> PredictResult:
    """Classify the rows of a file.

    Args:
        run: Folder that `train` wrote.
        file: CSV, TSV, Parquet or npz with the features.
        backend: Where the circuit runs: a name in ``backends.yaml``; None for its default.
        samples: So many of the rows, drawn by the seed; all for None.
        seed: Of the draw.
        raw: Leave off what `calibrate` stored for the backend.
        torch_device: Where the model and an exact circuit are computed; see `train`.
        backends_file: Instead of the file that is found.
        jobs: How to deal with a remote machine.

    Raises:
        InputError: The run, the file, a row or the backend cannot be used.
        BudgetError: The plan does not fit; nothing was sent.
        RemoteError: A job failed, or the machine cannot be reached; no job is lost.
    """
    require_switches(raw=raw)
    jobs = JobOptions.of(jobs)
    require_name(backend)
    samples, seed = rows_of(samples, seed)
    opened, file = OpenRun.open(run, backends_file), expanded(file, "file")
    name = opened.backends.default if backend is None else backend
    opened.backends.options(name, opened.registry)
    require_torch_device(torch_device)
    x, numbers = new_rows(opened.folder, file, samples, seed)

    import torch

    from qfusion_core.model.prediction import logits_in_chunks, require_usable_rows
    from qfusion_core.model.rows_digest import rows_digest
    from qfusion_core.model.torch_device import usable_torch_device
    from qfusion_core.runs.calibrated import shares

    model, table = opened.model().to(usable_torch_device(torch_device)), torch.from_numpy(x)
    inputs = model.preprocess(table)
    for branch in inputs:  # before a machine is asked for what no model can use
        require_usable_rows(branch, numbers, file, "features beyond what the model can hold")
    subject = f"{len(table)} rows of {file.name}, sha256 {rows_digest(model, table)}"
    with jobs.measurement(opened.folder.path, "predict", subject) as measurement:
        model.attach(opened.device(model, name, measurement, raw=raw, say=measurement.say))
        logits = logits_in_chunks(model, *inputs)
    require_usable_rows(logits, numbers, file, "the model's output is not finite")
    best, classes = logits.softmax(1).max(1), opened.folder.config.classes
    predictions = [
        Prediction(int(row), classes[int(index)], round(float(probability), 6))
        for row, probability, index in zip(numbers, *best, strict=True)
    ]
    return PredictResult(predictions, shares(model.device))


def new_rows(
    folder: RunFolder, file: Path, samples: int | None, seed: int
) -> tuple[NDArray[np.floating[Any]], NDArray[np.int64]]:
    """Rows of a file as the model takes them, and their numbers, counted from 1.

    Raises:
        InputError: The file cannot be read, or has fewer rows than are asked for.
    """
    from qfusion_core.data.table import read_features

    x = read_features(file, folder.config.features, **_as_in_training(folder))
    chosen = draw_rows(len(x), samples, seed)
    return x[chosen], chosen + 1


def _as_in_training(folder: RunFolder) -> dict[str, Any]:
    """How the file that the run was trained on wrote its numbers and laid out its images.

    What the user said of it holds for new files, too; what it was found to have is a hint: a table
    may come out of another program by now.
    """
    options, marks = folder.config.spec.data.options, folder.config.provenance.get("marks")
    fixed = {key: options[key] for key in Marks._fields if options.get(key) in (".", ",", " ", "'")}
    usual = marks.get("decimal") if isinstance(marks, dict) else None
    return {
        "columns": folder.config.columns,
        "marks": Marks(**fixed),
        "usual": usual if usual in (".", ",") else None,
        "channels": options.get("channels"),
    }
