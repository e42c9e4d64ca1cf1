"""``distil``: a trained quantum branch, measured once on a backend for any input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qfusion_core.backends.exact import open_exact
from qfusion_core.backends.file import Backends
from qfusion_core.backends.opening import open_named
from qfusion_core.errors import InputError
from qfusion_core.plugin.reserved import SURROGATE
from qfusion_core.runs.opening import OpenRun
from qfusion_core.surrogate.card import Card
from qfusion_core.surrogate.sizes import MOST_ROWS
from qfusion_core.surrogate.store import require_room
from qfusion_core.workflows.job_options import JobOptions
from qfusion_core.workflows.limits import require_name, rows_of, whole
from qfusion_core.workflows.result import Table, VerbResult

if TYPE_CHECKING:
    from qfusion_core.workflows.surrogate_changes import Changes


@dataclass(frozen=True)
class DistilResult(VerbResult):
    """What stands for a backend from now on, as it is kept.

    Attributes:
        run: The run folder.
        file: In it: its numbers and its card.
        backend: The name that verbs take for it.
        card: What is said of it.
        before: Beside the one that it took the place of; None where there was none.
    """

    run: Path
    file: Path
    backend: str
    card: Card
    before: Changes | None

    def to_dict(self) -> dict[str, Any]:
        """The document of ``qfusion distil --json``."""
        document = {"run": str(self.run), "file": str(self.file), "surrogate": self.backend}
        document |= self.card.model_dump(mode="json") | {"meaning": self.card.check.meaning}
        return document | {"before": self.before and self.before.to_dict()}

    def shown(self) -> Iterator[Table | str]:
        """Old and new side by side, what the check means, and how it is used."""
        cards = [self.card] if self.before is None else [self.before.card, self.card]
        yield Table(
            ("measured", "grid", "checks", "shots", "chi-square", "usual", "drift", "p"),
            [_line(card) for card in cards],
        )
        if self.before is not None:
            yield self.before.said
        yield self.card.check.meaning
        yield f"written: {self.file}"
        yield (
            f"--backend {self.backend} needs no quantum computer: it sends nothing, for any rows; "
            "the circuit's weights stay as they are"
        )


def _line(card: Card) -> tuple[object, ...]:
    check = card.check
    shown: list[object] = [card.measured[:16], card.rows, check.rows, card.shots or "exact"]
    if check.p is None:
        return (*shown, "-", "-", f"{check.rms:.1e} rms", "-")
    figures = f"{check.chi_square:.1f}", f"{check.expected:.1f}"
    return (*shown, *figures, f"{check.drift:+.1%} +- {check.drift_error:.1%}", f"{check.p:.3f}")


def require_machine(backends: Backends, name: str) -> None:
    """Refuse what nothing can be distilled from.

    Raises:
        InputError: It is a pool or a surrogate.
    """
    stored = name.startswith(SURROGATE) or backends.entries[name].type == "surrogate"
    if name in backends.pools or stored:
        what = "a surrogate" if stored else "a pool"
        raise InputError(f"backend {name!r} is {what}; distil one machine by its own name")


def distil(
    run: str | Path,
    backend: str,
    *,
    checks: int | None = None,
    seed: int = 0,
    max_rows: int = MOST_ROWS,
    reference: str | None = None,
    backends_file: str | Path | None = None,
    jobs: JobOptions | None = None,
) -> DistilResult:
    """Measure the quantum branch of a run once, for any input from then on.

    Its values are trigonometric polynomials of the data, for any noise that does not depend on the
    data: a grid of rows determines them. Some random rows more check that. What is kept stands for
    the backend as ``surrogate:BACKEND``, in every verb, and sends nothing.

    Args:
        run: Folder that `train` wrote.
        backend: A name in ``backends.yaml``.
        checks: Random rows beside the grid; None for a quarter of it, at least 16.
        seed: Of the grid's place, the random rows and their order.
        max_rows: A larger grid is refused.
        reference: The exact backend that the shots of the check are drawn from; None for the
            file's default.
        backends_file: Instead of the file that is found.
        jobs: How to deal with a remote machine.

    Raises:
        InputError: The backend is a pool or a surrogate, the model has no circuit, or the grid is
            too large.
        BudgetError: The plan does not fit; nothing was sent.
        RemoteError: A job failed, or the machine cannot be reached; no job is lost.
    """
    jobs = JobOptions.of(jobs)
    require_name(backend, or_default=False)
    require_name(reference)
    checks = None if checks is None else whole("checks", checks, 1)
    _, seed = rows_of(None, seed)
    max_rows = whole("max_rows", max_rows, 1)
    opened = OpenRun.open(run, backends_file)
    backends, registry, run = opened.backends, opened.registry, opened.folder.path
    for name in filter(None, (backend, reference)):
        backends.options(name, registry)
    require_machine(backends, backend)
    require_room(run, backend)

    from qfusion_core.remote.planning.queued_device import as_queue
    from qfusion_core.workflows.distilling import Distilling

    work = Distilling.of(opened.model(), run, backend, checks, seed, max_rows)
    digest = backends.values_digest(backend, registry)
    with jobs.measurement(run, "distil", work.subject) as measurement:
        device = open_named(backends, backend, registry, measurement)
        exact = None
        if device.shots is not None:
            _, exact = open_exact(backends, registry, reference, besides=backend)
        if not jobs.again and as_queue(device) is None:
            work.refuse_to_replace(digest)
        measurement.say(f"{backend}: {work}")
        values = work.measure(device)
        # a measurement is over when the surrogate is kept: what ends before goes on with its values
        surrogate = work.judged(device, values, exact, digest, measurement)
        work.require_newest(surrogate.card)
        before = work.compared(surrogate)
        file = surrogate.write()
    return DistilResult(run, file, f"{SURROGATE}{backend}", surrogate.card, before)
