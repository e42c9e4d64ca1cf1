"""``predict``: classes of new rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from qfusion_core.config.arguments import refused, require_switches, texts
from qfusion_core.runs.opening import OpenRun
from qfusion_core.workflows.job_options import JobOptions
from qfusion_core.workflows.limits import require_name, require_torch_device, rows_of
from qfusion_core.workflows.new_rows import new_rows
from qfusion_core.workflows.result import Table, VerbResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


Proba = Literal["best", "all"]


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
        classes: Of the model, in the order of the probabilities.
        probabilities: Of all classes ``[rows, classes]``.
        kept: Columns that were passed through, as they are written.
        proba: ``all``: tables and documents have the probabilities of all classes.
        shares: Of a pool: which rows came from which member, counted from 1.
    """

    predictions: Sequence[Prediction]
    classes: tuple[str, ...]
    probabilities: NDArray[np.floating[Any]]
    kept: Mapping[str, Sequence[str]]
    proba: Proba
    shares: Mapping[str, Mapping[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """``rows`` is the document of ``qfusion predict --json``."""
        keys = ("row", "class", "probability")
        rows: list[dict[str, Any]] = [dict(zip(keys, row, strict=True)) for row in self.predictions]
        for number, row in enumerate(rows):
            if self.proba == "all":
                row["probabilities"] = dict(zip(self.classes, self._of(number), strict=True))
            if self.kept:
                row["kept"] = {name: cells[number] for name, cells in self.kept.items()}
        return {"rows": rows}

    def shown(self) -> Iterator[Table | str]:
        """A table with a row for each of the file."""
        yield Table(self.heads, list(self.lines))

    @property
    def heads(self) -> tuple[str, ...]:
        """Names of the columns of `lines`."""
        every = [f"probability of {name}" for name in self.classes] if self.proba == "all" else []
        return (*self.kept, "row", "class", "probability", *every)

    @property
    def lines(self) -> Iterator[tuple[Any, ...]]:
        """Kept cells, number, class, its probability, and those of all classes if asked for."""
        for number, prediction in enumerate(self.predictions):
            every = self._of(number) if self.proba == "all" else []
            yield (*(cells[number] for cells in self.kept.values()), *prediction, *every)

    def _of(self, number: int) -> list[float]:
        return [round(float(value), 6) for value in self.probabilities[number]]


def predict(
    run: str | Path,
    file: Any,
    backend: str | None = None,
    *,
    keep: str | Sequence[str] = (),
    proba: Proba = "best",
    samples: int | None = None,
    seed: int = 0,
    raw: bool = False,
    torch_device: str = "cpu",
    backends_file: str | Path | None = None,
    jobs: JobOptions | None = None,
) -> PredictResult:
    """Classify the rows of a file, or of a data frame.

    Args:
        run: Folder that `train` wrote.
        file: Path of a CSV, TSV, Parquet or npz with the features; or a data frame of pandas,
            polars or Arrow. Columns are found by their names.
        keep: Names of columns to pass through.
        proba: ``all``: of all classes, in tables and documents; they are in the result anyway.
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
    if proba not in get_args(Proba):
        raise refused("proba", proba, "best or all")
    samples, seed = rows_of(samples, seed)
    keep, opened = texts("keep", keep, "names of columns"), OpenRun.open(run, backends_file)
    name = opened.backends.default if backend is None else backend
    opened.backends.options(name, opened.registry)
    require_torch_device(torch_device)
    x, numbers, kept, called = new_rows(opened.folder, file, samples, seed, keep)

    import torch

    from qfusion_core.model.prediction import logits_in_chunks, require_usable_rows
    from qfusion_core.model.rows_digest import rows_digest
    from qfusion_core.model.torch_device import usable_torch_device
    from qfusion_core.runs.calibrated import shares

    model, table = opened.model().to(usable_torch_device(torch_device)), torch.from_numpy(x)
    inputs = model.preprocess(table)
    for branch in inputs:  # before a machine is asked for what no model can use
        require_usable_rows(branch, numbers, called, "features beyond what the model can hold")
    subject = f"{len(table)} rows of {called}, sha256 {rows_digest(model, table)}"
    with jobs.measurement(opened.folder.path, "predict", subject) as measurement:
        model.attach(opened.device(model, name, measurement, raw=raw, say=measurement.say))
        logits = logits_in_chunks(model, *inputs)
    require_usable_rows(logits, numbers, called, "the model's output is not finite")
    chances, classes = logits.softmax(1), opened.folder.config.classes
    predictions = [
        Prediction(int(row), classes[int(index)], round(float(probability), 6))
        for row, probability, index in zip(numbers, *chances.max(1), strict=True)
    ]
    return PredictResult(predictions, classes, chances.numpy(), kept, proba, shares(model.device))
