"""``refit``: fusion and head trained again on what a backend measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qfusion_core.backends.opening import open_named
from qfusion_core.config.arguments import called, require_switches
from qfusion_core.config.shell_command import quoted, shell_command
from qfusion_core.config.spec import Training
from qfusion_core.errors import InputError
from qfusion_core.plugin.reserved import SURROGATE
from qfusion_core.runs.claim import claimed
from qfusion_core.runs.folder import RunFolder
from qfusion_core.runs.opening import OpenRun
from qfusion_core.storage.file_names import file_name
from qfusion_core.storage.places import expanded
from qfusion_core.workflows.job_options import JobOptions
from qfusion_core.workflows.limits import require_name, rows_of, whole
from qfusion_core.workflows.result import Table, VerbResult

if TYPE_CHECKING:
    from qfusion_core.training.state import TrainingState
    from qfusion_core.workflows.refit_training import RefitRows


@dataclass(frozen=True)
class RefitResult(VerbResult):
    """A run whose fusion and head live with a backend's own values.

    Attributes:
        folder: The new run folder.
        backend: Whose values they are.
        validation_rows: How many rows chose the epoch.
        metrics: What was measured: the ``validation`` entry of the epoch that was kept; the test
            part was not looked at.
    """

    folder: RunFolder
    backend: str
    validation_rows: int
    metrics: dict[str, Any]

    @property
    def run(self) -> Path:
        """Of the new run folder: what the other verbs take."""
        return self.folder.path

    def to_dict(self) -> dict[str, Any]:
        """The document of ``qfusion refit --json``."""
        return {"run": str(self.run), **self.metrics}

    def shown(self) -> Iterator[Table | str]:
        """Scores of the validation part."""
        best = self.metrics["validation"]
        figures = (
            f"{best['validation_macro_f1']:.4f}",
            f"{best['validation_accuracy']:.4f}",
            f"{best['epoch']} of {self.metrics['epochs']}",
        )
        yield Table(
            ("part", "rows", "macro F1", "accuracy", "epoch"),
            [("validation", self.validation_rows, *figures)],
        )
        yield f"run folder: {self.run}; test it with --backend {quoted(self.backend)}"


def refit(
    run: str | Path,
    backend: str,
    out: str | Path | None = None,
    *,
    samples: int | None = None,
    seed: int = 0,
    epochs: int | None = None,
    encoding: bool = False,
    allow_url: bool = False,
    backends_file: str | Path | None = None,
    jobs: JobOptions | None = None,
    on_start: Callable[[Training], None] | None = None,
    on_epoch: Callable[[TrainingState], None] | None = None,
) -> RefitResult:
    """Measure training and validation rows once, then train fusion and head on that.

    Both encoders stay as they are. However many epochs there are, and however often it is called,
    the rows are sent once: they are taken from the run's journal.

    Args:
        run: Folder that `train` wrote.
        backend: A name in ``backends.yaml``.
        out: A new folder; ``RUN-refit-BACKEND`` if not given.
        samples: So many training rows, stratified, and as large a share of the validation rows;
            all for None.
        seed: Of the draw.
        epochs: At most; as many as the run was given for None.
        encoding: On a surrogate: train how features become angles and the classical encoder, too;
            the circuit's weights stay.
        allow_url: Ask an address that only the run names for the data set.
        backends_file: Instead of the file that is found.
        jobs: How to deal with a remote machine.
        on_start: Called with how it is trained, when all is measured; None for nobody.
        on_epoch: Called after each epoch; None for nobody.

    Raises:
        InputError: The model has no circuit, a class no row, or the folder is not free; or
            ``encoding`` is asked of what is no surrogate.
    """
    require_switches(encoding=encoding, allow_url=allow_url)
    jobs = JobOptions.of(jobs)
    tell_start, tell_epoch = called("on_start", on_start), called("on_epoch", on_epoch)
    require_name(backend, or_default=False)
    samples, seed = rows_of(samples, seed)
    epochs = None if epochs is None else whole("epochs", epochs, 1)
    opened = OpenRun.open(run, backends_file)
    run = opened.folder.path
    if encoding:
        _require_surrogate(opened, backend)
    digest = opened.backends.values_digest(backend, opened.registry)

    from qfusion_core.model.classifier import circuit_of
    from qfusion_core.surrogate.stored import Surrogate
    from qfusion_core.workflows.refit_training import (
        measure_rows,
        refit_rows,
        train_again,
        train_encoding,
    )

    model = opened.model()
    circuit_of(model, backend)
    split = opened.folder.load_split(opened.registry, allow_url=allow_url)
    rows = refit_rows(split, samples, seed)
    options = opened.folder.config.spec.training
    if epochs is not None:
        options = options.model_copy(update={"epochs": epochs})
    # a folder that is not free is said before anything is paid for
    with claimed(None if out is None else expanded(out, "out"), _beside(run, backend)) as place:
        subject = _described(rows, seed)
        with jobs.measurement(run, "refit", subject) as measurement:
            device = open_named(opened.backends, backend, opened.registry, measurement)
            notices = tuple(device.notices())
            for notice in notices:
                measurement.say(notice)
            values = None if encoding else measure_rows(model, rows, device, backend)
        about: dict[str, Any] = {
            "run": str(run),
            "backend": backend,
            "device": device.name,
            "options": digest,
            "measurement": measurement.ids.get(backend),
            "rows": "; ".join(filter(None, (subject, measurement.adopted))),
            **({"encoding": True} if encoding else {}),
            **({"notices": notices} if notices else {}),
        }
        tell_start(options)
        how: dict[str, Any] = {"split": split, "options": options, "about": about}
        folder = (
            train_encoding(opened.folder, model, rows, device, place, **how, on_epoch=tell_epoch)
            if values is None
            else train_again(opened.folder, model, rows, values, place, **how, on_epoch=tell_epoch)
        )
        if backend in opened.backends.made:  # circuit and weights are the same: it is valid there
            Surrogate.read(run, backend.removeprefix(SURROGATE)).write(folder.path)
    return RefitResult(folder, backend, len(rows.validation), folder.read_metrics())


def _require_surrogate(opened: OpenRun, backend: str) -> None:
    opened.backends.options(backend, opened.registry)
    if opened.backends.entries[backend].type != "surrogate":
        distil = shell_command("distil", opened.folder.path, "--backend", backend)
        raise InputError(
            f"--encoding: each step asks for values of new angles, which {backend!r} would have to "
            f"measure; `{distil}`, then refit on {SURROGATE}{backend}"
        )


def _beside(run: Path, backend: str) -> Path:
    run = run if run.name else run.resolve()
    return run.with_name(f"{run.name}-refit-{file_name(backend)}")


def _described(rows: RefitRows, seed: int) -> str:
    return f"{len(rows.train)} training and {len(rows.validation)} validation rows, seed {seed}"
