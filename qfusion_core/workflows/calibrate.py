"""``calibrate``: corrections of a backend's values, for one run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qfusion_core.backends.exact import open_exact
from qfusion_core.backends.opening import open_named
from qfusion_core.circuits.word_kinds import said_of_words, word_kinds
from qfusion_core.config.arguments import require_switches
from qfusion_core.config.shell_command import shell_command
from qfusion_core.errors import InputError
from qfusion_core.evaluation.row_selection import choose_rows
from qfusion_core.runs.opening import OpenRun
from qfusion_core.workflows.job_options import JobOptions
from qfusion_core.workflows.limits import require_name, rows_of
from qfusion_core.workflows.result import Table, VerbResult

if TYPE_CHECKING:
    from qfusion_core.backends.file import Backends
    from qfusion_core.calibration.store import Calibration, Correction
    from qfusion_core.model.classifier import FusionClassifier

LEAST = 2  # rows: a line through one is none


@dataclass(frozen=True)
class CalibrateResult(VerbResult):
    """A correction of each observable, as it is kept.

    Attributes:
        run: The run folder.
        file: In it.
        rows: Training rows that were measured.
        calibration: What the file holds.
    """

    run: Path
    file: Path
    rows: int
    calibration: Calibration

    def to_dict(self) -> dict[str, Any]:
        """The document of ``qfusion calibrate --json``."""
        document = self.calibration.model_dump(mode="json")
        return {"run": str(self.run), "file": str(self.file), **document}

    def shown(self) -> Iterator[Table | str]:
        """Scale, offset and errors of each observable, or of each kind of them."""
        fitted = self.calibration.observables
        kinds = word_kinds(fitted)
        yield Table(
            ("observable", "scale", "offset", "rms error raw", "rms error calibrated"),
            [(name, *_figures([fitted[word] for word in words])) for name, words in kinds.items()],
        )
        if len(kinds) < len(fitted):
            yield f"{said_of_words(fitted)}; {self.file.name} has each of them"
        yield (
            f"{self.rows} training rows, compared with {self.calibration.reference}; each is "
            "predicted without itself"
        )
        yield f"written: {self.file}"


def _figures(lines: Sequence[Correction]) -> tuple[str, ...]:
    """Cells of observables that share a line: from the least to the most, and what is usual."""
    scales, offsets = [line.scale for line in lines], [line.offset for line in lines]
    raw, left = ([getattr(line, name) for line in lines] for name in ("raw_error", "error"))
    return (
        _range(scales, ".4f"), _range(offsets, "+.4f"), f"{_rms(raw):.4f}", f"{_rms(left):.4f}",
    )  # fmt: skip


def _range(values: Sequence[float], form: str) -> str:
    return " to ".join(dict.fromkeys(format(value, form) for value in (min(values), max(values))))


def _rms(values: Sequence[float]) -> float:
    return math.sqrt(math.fsum(value**2 for value in values) / len(values))


def calibrate(
    run: str | Path,
    backend: str,
    *,
    samples: int = 32,
    seed: int = 0,
    reference: str | None = None,
    allow_url: bool = False,
    backends_file: str | Path | None = None,
    jobs: JobOptions | None = None,
) -> CalibrateResult:
    """Fit value = scale * raw + offset for each observable, and keep it in the run folder.

    Training rows are run on the backend and on an exact one. Whatever opens the run on this backend
    later applies the corrections.

    Args:
        run: Folder that `train` wrote.
        backend: A name in ``backends.yaml``.
        samples: So many rows of the training part, stratified.
        seed: Of the draw.
        reference: The exact backend; None for the file's default.
        allow_url: Ask an address that only the run names for the data set.
        backends_file: Instead of the file that is found.
        jobs: How to deal with a remote machine.

    Raises:
        InputError: The backend is a pool, the reference not exact, the model has no circuit, or it
            was refitted on raw values.
    """
    require_switches(allow_url=allow_url)
    jobs = JobOptions.of(jobs)
    require_name(backend, or_default=False)
    require_name(reference)
    samples, seed = rows_of(samples, seed, LEAST)
    opened = OpenRun.open(run, backends_file)
    backends, registry, run = opened.backends, opened.registry, opened.folder.path
    _require_one_machine(backends, run, backend)
    for name in filter(None, (backend, reference)):
        backends.options(name, registry)

    from qfusion_core.calibration.measure import measure_calibration
    from qfusion_core.calibration.store import write

    model = _calibratable(opened, run, backend)
    part = opened.folder.load_split(registry, allow_url=allow_url).train
    rows = choose_rows(part, samples, seed, "training part", LEAST)
    name, exact = open_exact(backends, registry, reference, besides=backends.require(backend))
    about: dict[str, str | int] = {"backend": backend, "seed": seed, "reference": name}
    about["options"] = backends.values_digest(backend, registry)
    subject = f"training part, {len(rows)} rows, seed {seed}"
    with jobs.measurement(run, "calibrate", subject) as measurement:
        device = open_named(backends, backend, registry, measurement)
        for notice in device.notices():
            measurement.say(notice)
        fitted = measure_calibration(model, rows, device, exact, about)
    calibration = fitted.model_copy(update={"measurement": measurement.ids.get(backend)})
    if measurement.adopted:
        calibration.provenance["adopted"] = measurement.adopted
    return CalibrateResult(run, write(run, calibration), len(rows), calibration)


def _require_one_machine(backends: Backends, run: Path, backend: str) -> None:
    if backend in backends.pools:
        members = backends.pools[backend].backends
        commands = [shell_command("calibrate", run, "--backend", member) for member in members]
        verbs = ", ".join(f"`{command}`" for command in commands)
        raise InputError(
            f"backend {backend!r} is a pool, and each member has a calibration of its own, which "
            f"the pool applies: {verbs}"
        )


def _calibratable(opened: OpenRun, run: Path, backend: str) -> FusionClassifier:
    from qfusion_core.model.classifier import circuit_of

    model = opened.model()
    circuit_of(model, backend)
    if refitted := opened.folder.config.provenance.get("refit"):
        raise InputError(
            f"{run}: fusion and head were trained on raw values of {refitted['backend']!r}, which "
            f"a calibration would change; calibrate {refitted['run']} instead"
        )
    return model
