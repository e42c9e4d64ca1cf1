"""``compare``: one checkpoint on several backends, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qfusion_core.backends.file import Backends
from qfusion_core.config.arguments import called, listed, require_switches
from qfusion_core.errors import InputError
from qfusion_core.plugin.reserved import SURROGATE
from qfusion_core.provenance import provenance
from qfusion_core.runs.opening import OpenRun
from qfusion_core.runs.rows import describe_rows, rows_of_test_part
from qfusion_core.workflows.job_options import JobOptions
from qfusion_core.workflows.limits import require_name, rows_of
from qfusion_core.workflows.result import Table, VerbResult

if TYPE_CHECKING:
    from qfusion_core.evaluation.portability import Portability


@dataclass(frozen=True)
class CompareResult(VerbResult):
    """One trained model on several backends.

    Attributes:
        run: The run folder.
        report: Of each backend that answered, of those that failed, and what the model owes to its
            quantum tokens.
        provenance: Versions, commit, machine, time.
    """

    run: Path
    report: Portability
    provenance: Mapping[str, Any]

    @property
    def failed(self) -> list[str]:
        """Names of the backends that did not answer; not those whose jobs were left."""
        return [failure.backend for failure in self.report.failed if not failure.left]

    def to_dict(self) -> dict[str, Any]:
        """The document of ``qfusion compare --json``."""
        document = asdict(self.report)
        document["backends"] = [
            {**asdict(row), "scores": row.scores._asdict()} for row in self.report.backends
        ]
        document["without_tokens"] = self.report.without_tokens._asdict()
        return {"run": str(self.run), **document, "provenance": self.provenance}

    def shown(self) -> Iterator[Table | str]:
        """Three tables, and below them what the model owes to its quantum tokens."""
        from qfusion_core.evaluation import portability_table as table

        rows = self.report.backends
        for columns, row_of in (
            (table.SCORES, table.scores_of),
            (table.ERRORS, table.errors_of),
            (table.COSTS, table.cost_of),
        ):
            yield Table(columns, [row_of(row) for row in rows])
            yield ""
        yield from table.notes_of(self.report)
        yield table.tokens_of(self.report)


def compare(
    run: str | Path,
    backends: str | Iterable[str],
    reference: str | None = None,
    *,
    samples: int | None = None,
    seed: int = 0,
    raw: bool = False,
    allow_url: bool = False,
    backends_file: str | Path | None = None,
    jobs: JobOptions | None = None,
    on_start: Callable[[str, int], None] | None = None,
) -> CompareResult:
    """Evaluate one trained model on several backends, and say whether it needs its tokens.

    All backends are opened before anything runs. One that fails is named, the others are compared
    all the same.

    Args:
        run: Folder that `train` wrote.
        backends: Names in ``backends.yaml``, or a single one.
        reference: The exact backend to compare with, never calibrated; None for the file's default.
        samples: So many of the rows, drawn by the seed; all for None.
        seed: Of the draw, and of the bootstrap.
        raw: Leave off what `calibrate` stored for the backends.
        allow_url: Ask an address that only the run names for the data set.
        backends_file: Instead of the file that is found.
        jobs: How to deal with remote machines.
        on_start: Called with a backend's name and the number of rows before it runs, the
            reference first; None for nobody.

    Raises:
        InputError: A backend cannot be opened or does not fit; nothing has run.
        QfusionError: Of the reference.
    """
    require_switches(raw=raw, allow_url=allow_url)
    jobs = JobOptions.of(jobs)
    others, tell = listed(backends), called("on_start", on_start)
    if not others:
        raise InputError('backends: expected a list of names, e.g. ["lightning", "aer"]')
    require_name(reference)
    for name in others:
        require_name(name, or_default=False)
    samples, seed = rows_of(samples, seed)
    read = Backends.read(backends_file)
    for name in (reference or read.default, *others):
        if not name.startswith(SURROGATE):
            read.require(name)  # before the run is looked at
    opened = OpenRun.of(run, read)
    configured = opened.backends
    names = [configured.require(name) for name in (reference or configured.default, *others)]
    for name in names:
        configured.options(name, opened.registry)

    from qfusion_core.evaluation.portability import compare as compare_devices

    with jobs.measurement(
        opened.folder.path, "compare", describe_rows(samples, seed)
    ) as measurement:
        model = opened.model()
        devices = {
            name: opened.device(
                model, name, measurement, raw=raw or name == names[0], say=measurement.say
            )
            for name in dict.fromkeys(names)
        }
        part = rows_of_test_part(opened.folder, opened.registry, samples, seed, allow_url=allow_url)
        report = compare_devices(
            model, part, devices, seed=seed, on_start=lambda name: tell(name, len(part))
        )
    return CompareResult(opened.folder.path, report, provenance())
