"""``evaluate``: a trained model on its test part, on any backend."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qfusion_core.config.arguments import require_switches
from qfusion_core.provenance import provenance
from qfusion_core.runs.opening import OpenRun
from qfusion_core.runs.rows import describe_rows, rows_of_test_part
from qfusion_core.workflows.job_options import JobOptions
from qfusion_core.workflows.limits import require_name, require_torch_device, rows_of
from qfusion_core.workflows.result import Table, VerbResult

if TYPE_CHECKING:
    from qfusion_core.metrics.scores import Scores


@dataclass(frozen=True)
class EvaluateResult(VerbResult):
    """Scores of a model on one backend.

    Attributes:
        run: The run folder.
        backend: Name of the backend.
        rows: How many were classified.
        scores: Macro F1, weighted F1 and accuracy.
        calibrated: When the correction of its values was measured; None for raw values.
        shares: Of a pool: which rows came from which member, counted from 1.
        measurement: Id in the journal, where a remote machine was asked.
        adopted: What is to be said of values that came with an adopted journal; else nothing.
        standard_errors: Of the values behind the tokens, by Pauli word, root mean square over the
            rows: where the backend knows them, as a surrogate does; else nothing.
        notices: What the device says of itself, as a surrogate does of its age and its check.
        seconds: It took here.
        provenance: Versions, commit, machine, time, torch device.
    """

    run: Path
    backend: str
    rows: int
    scores: Scores
    calibrated: str | None
    shares: Mapping[str, Mapping[str, Any]]
    measurement: str | None
    adopted: str
    standard_errors: Mapping[str, float]
    notices: Sequence[str]
    seconds: float
    provenance: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """The document of ``qfusion evaluate --json``."""
        document = {"run": str(self.run), "backend": self.backend, "rows": self.rows}
        document |= {**self.scores._asdict(), "calibrated": self.calibrated}
        for name in ("shares", "measurement", "adopted", "standard_errors", "notices"):
            document |= {name: value} if (value := getattr(self, name)) else {}
        return document | {"seconds": round(self.seconds, 3), "provenance": self.provenance}

    def shown(self) -> Iterator[Table | str]:
        """A table of one row."""
        figures = (*(f"{score:.4f}" for score in self.scores), f"{self.seconds:.2f}")
        yield Table(
            ("backend", "rows", "macro F1", "weighted F1", "accuracy", "seconds"),
            [(self.backend, self.rows, *figures)],
        )


def evaluate(
    run: str | Path,
    backend: str | None = None,
    *,
    samples: int | None = None,
    seed: int = 0,
    raw: bool = False,
    allow_url: bool = False,
    torch_device: str = "cpu",
    backends_file: str | Path | None = None,
    jobs: JobOptions | None = None,
) -> EvaluateResult:
    """Score a trained model on the test part of its data set.

    Args:
        run: Folder that `train` wrote.
        backend: Where the circuit runs: a name in ``backends.yaml``; None for its default.
        samples: So many of the rows, drawn by the seed; all for None.
        seed: Of the draw.
        raw: Leave off what `calibrate` stored for the backend.
        allow_url: Ask an address that only the run names for the data set.
        torch_device: Where the model and an exact circuit are computed; see `train`.
        backends_file: Instead of the file that is found.
        jobs: How to deal with a remote machine.

    Raises:
        InputError: The run, the data or the backend cannot be used.
        BudgetError: The plan does not fit; nothing was sent.
        RemoteError: A job failed, or the machine cannot be reached; no job is lost.
    """
    require_switches(raw=raw, allow_url=allow_url)
    jobs = JobOptions.of(jobs)
    require_name(backend)
    samples, seed = rows_of(samples, seed)
    opened = OpenRun.open(run, backends_file)
    name = opened.backends.default if backend is None else backend
    opened.backends.options(name, opened.registry)
    require_torch_device(torch_device)
    part = rows_of_test_part(opened.folder, opened.registry, samples, seed, allow_url=allow_url)

    import torch

    from qfusion_core.data.finite_rows import require_finite_logits
    from qfusion_core.metrics.scores import scores
    from qfusion_core.model.prediction import logits_in_chunks, typical_errors
    from qfusion_core.model.torch_device import usable_torch_device
    from qfusion_core.runs.calibrated import calibrations, shares

    there = usable_torch_device(torch_device)
    with jobs.measurement(
        opened.folder.path, "evaluate", describe_rows(samples, seed)
    ) as measurement:
        model = opened.model().to(there)
        model.attach(opened.device(model, name, measurement, raw=raw, say=measurement.say))
        model.prepare()
        began = time.perf_counter()
        x_c, x_q = model.preprocess(torch.from_numpy(part.x))
        logits = logits_in_chunks(model, x_c, x_q)
        require_finite_logits("test", name, logits)
        result = scores(part.y, logits.argmax(1).numpy())
        seconds = time.perf_counter() - began
        errors = typical_errors(model, x_q)
    pooled = shares(model.device)
    # of a pool, each member has its own date
    dates = [] if pooled else [calibration.measured for calibration in calibrations(model.device)]
    return EvaluateResult(
        run=opened.folder.path,
        backend=name,
        rows=len(part),
        scores=result,
        calibrated=next(iter(dates), None),
        shares=pooled,
        measurement=measurement.ids.get(name),
        adopted=measurement.adopted,
        standard_errors=errors,
        notices=() if model.device is None else tuple(model.device.notices()),
        seconds=seconds,
        provenance={**provenance(), "torch_device": str(there)},
    )
