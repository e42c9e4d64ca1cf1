"""``dry_run``: what a remote machine would make of a run, from its snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qfusion_core.circuits.word_kinds import said_of_words, shown_word, word_kinds
from qfusion_core.config.arguments import require_switches
from qfusion_core.remote.money.price_age import said_of_age
from qfusion_core.runs.opening import OpenRun
from qfusion_core.runs.rows import rows_of_test_part
from qfusion_core.workflows.limits import require_name, require_torch_device, rows_of
from qfusion_core.workflows.new_rows import new_rows
from qfusion_core.workflows.result import Table, VerbResult

if TYPE_CHECKING:
    from qfusion_core.evaluation.snapshot_run import SnapshotRun
    from qfusion_core.interfaces.device import Device


@dataclass(frozen=True)
class DryRunResult(VerbResult):
    """A plan, and what its machine's snapshot gave.

    Attributes:
        run: The run folder.
        backend: Name of the backend.
        rows: How many were run.
        snapshot: Name of the device that stood in for the machine.
        reference: Name of the exact backend.
        made: The plan, the values, and how far they are off.
        agreement: Share of rows that get the reference's class.
        unasked: Why the machine itself was not asked for its plan; None where it was.
    """

    run: Path
    backend: str
    rows: int
    snapshot: str
    reference: str
    made: SnapshotRun
    agreement: float
    unasked: str | None

    def to_dict(self) -> dict[str, Any]:
        """The document of ``--dry-run --json``."""
        jobs, price, _ = self.made.plan
        return {
            "run": str(self.run),
            "backend": self.backend,
            "snapshot": self.snapshot,
            "offline": self.unasked is not None,
            "reference": self.reference,
            "rows": self.rows,
            "jobs": jobs,
            "facts": self.made.facts,
            "price": price.as_json(),
            "errors": {word: asdict(error) for word, error in self.made.errors.items()},
            "agreement": self.agreement,
        }

    def shown(self) -> Iterator[Table | str]:
        """The plan, the error of each observable or kind of them, and how many classes agree."""
        from qfusion_core.metrics.expectation_error import together

        jobs, price, _ = self.made.plan
        facts, errors = self.made.facts, self.made.errors
        kinds = {
            name: together([errors[word] for word in words])
            for name, words in word_kinds(errors).items()
        }
        yield Table(
            ("backend", "rows", "jobs", "executions", "shots", *facts),
            [(self.backend, self.rows, jobs, price.executions, price.shots, *facts.values())],
        )
        yield Table(
            ("observable", "mean error", "rms error", "max error"),
            [
                (name, f"{error.mean:+.4f}", f"{error.rms:.4f}", f"{error.largest:.4f}")
                for name, error in kinds.items()
            ],
        )
        if len(kinds) < len(errors):
            worst = max(errors, key=lambda word: errors[word].largest)
            yield f"{said_of_words(errors)}; the largest error is at {shown_word(worst)}."
        if old := said_of_age(price):
            yield old
        yield (
            f"{self.agreement:.1%} of the classes agree with {self.reference}. {price}. Nothing "
            f"was sent: this is the snapshot of {self.backend}, and the machine of today may "
            "differ."
        )


def dry_run(
    run: str | Path,
    backend: str | None = None,
    *,
    file: str | Path | None = None,
    samples: int | None = None,
    seed: int = 0,
    allow_url: bool = False,
    torch_device: str = "cpu",
    backends_file: str | Path | None = None,
) -> DryRunResult:
    """Run rows on the snapshot that a machine's adapter has of it, and send nothing.

    Args:
        run: Folder that `train` wrote.
        backend: A remote machine: a name in ``backends.yaml``; None for its default.
        file: With new rows, as of `predict`; None for those of the test part, as of `evaluate`.
        samples: So many of the rows, drawn by the seed; all for None.
        seed: Of the draw.
        allow_url: Ask an address that only the run names for the data set.
        torch_device: Where the model and an exact circuit are computed; see `train`.
        backends_file: Instead of the file that is found.

    Raises:
        InputError: The machine has no snapshot, the model no circuit, or the file's default backend
            is not exact.
    """
    require_switches(allow_url=allow_url)
    require_name(backend)
    samples, seed = rows_of(samples, seed)
    opened = OpenRun.open(run, backends_file)
    backends, registry = opened.backends, opened.registry
    name = backends.default if backend is None else backend
    backends.options(name, registry)
    require_torch_device(torch_device)
    if file is None:
        table = rows_of_test_part(opened.folder, registry, samples, seed, allow_url=allow_url).x
    else:
        table = new_rows(opened.folder, file, samples, seed).x

    import torch

    from qfusion_core.backends.exact import open_exact
    from qfusion_core.backends.offline import with_or_without_account
    from qfusion_core.evaluation.snapshot_run import run_on_snapshot, snapshot_of
    from qfusion_core.model.classifier import circuit_of
    from qfusion_core.model.prediction import logits_from_tokens
    from qfusion_core.model.torch_device import usable_torch_device

    x = torch.from_numpy(table)
    model = opened.model().double().to(usable_torch_device(torch_device))
    encoder = circuit_of(model, name)
    how = f"make an exact one the default of {backends.source.path}"
    x_c, x_q = model.preprocess(x)

    def on_its_snapshot(device: Device) -> tuple[SnapshotRun, str, str]:
        machine, snapshot = snapshot_of(device, name)
        reference, exact = open_exact(backends, registry, None, besides=name, how=how)
        model.attach(machine)  # a circuit that does not fit the machine is refused here
        return run_on_snapshot(encoder, x_q, machine, snapshot, exact), snapshot.name, reference

    (simulation, snapshot, reference), unasked = with_or_without_account(
        backends, name, registry, opened.folder.path, on_its_snapshot
    )
    classes = [
        logits_from_tokens(model, x_c, encoder.arrange(values)).argmax(1)
        for values in (simulation.values, simulation.exact)
    ]
    agreement = float((classes[0] == classes[1]).double().mean())
    return DryRunResult(
        opened.folder.path, name, len(x), snapshot, reference, simulation, agreement, unasked
    )
