"""``qfusion compare``: one checkpoint on several backends, side by side."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qfusion_core.cli.opening import open_for
from qfusion_core.cli.options import (
    Again,
    BackendsFile,
    Raw,
    Reference,
    Run,
    Samples,
    SampleSeed,
    Yes,
    describe_rows,
    test_rows,
)
from qfusion_core.cli.output import AsJson, print_json, print_table
from qfusion_core.cli.remote import measuring

if TYPE_CHECKING:
    from qfusion_core.config.backends import Backends
    from qfusion_core.evaluation.portability import Portability
    from qfusion_core.remote.measurement import Measurement


def compare(
    run: Run,
    backends: Annotated[
        str, typer.Option(metavar="A,B,C", help="Names in backends.yaml, with commas between.")
    ],
    reference: Reference = None,
    samples: Samples = None,
    seed: SampleSeed = 0,
    yes: Yes = False,
    again: Again = False,
    raw: Raw = False,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Evaluate one trained model on several backends, and say whether it needs its tokens."""
    from qfusion_core.config.backends import Backends
    from qfusion_core.errors import InputError

    names = [name.strip() for name in backends.split(",") if name.strip()]
    if not names:
        raise InputError("--backends: no name given; e.g. --backends lightning,aer")
    found = Backends.read(backends_file)
    names = [reference or found.default, *names]
    with measuring(run, "compare", describe_rows(samples, seed), again=again, yes=yes) as opened:
        report = measure(run, found, names, samples, seed, opened, raw=raw)
    if as_json:
        print_json(as_document(run, report))
    else:
        print_report(report)


def measure(
    run: Path,
    backends: Backends,
    names: list[str],
    samples: int | None = None,
    seed: int = 0,
    measurement: Measurement | None = None,
    *,
    raw: bool = False,
) -> Portability:
    """Open all backends, then compare; the first name is the reference."""
    from qfusion_core.evaluation.portability import compare as compare_backends
    from qfusion_core.registry import Registry
    from qfusion_core.runs.folder import RunFolder
    from qfusion_core.runs.loading import load_model

    registry = Registry()
    folder = RunFolder.open(run, registry)
    opened = measurement or run
    model = load_model(folder, registry)
    devices = {
        name: open_for(model, run, backends, name, registry, opened, raw=raw)
        for name in dict.fromkeys(names)
    }
    return compare_backends(model, test_rows(folder, registry, samples, seed), devices)


def as_document(run: Path, report: Portability) -> dict[str, Any]:
    """The report as JSON, with its provenance."""
    from qfusion_core.runs.provenance import provenance

    document = asdict(report)
    document["backends"] = [
        {**asdict(row), "scores": row.scores._asdict()} for row in report.backends
    ]
    document["without_tokens"] = report.without_tokens._asdict()
    return {"run": str(run), **document, "provenance": provenance()}


def print_report(report: Portability) -> None:
    """The table, and below it what the model owes to its quantum tokens."""
    print_table(
        (
            "backend", "shots", "macro F1", "weighted F1", "accuracy", "agreement",
            "max expectation error", "in standard errors", "max logit error", "seconds",
        ),
        (
            (
                row.backend, row.shots or "exact", *(f"{value:.4f}" for value in row.scores),
                f"{row.agreement:.4f}", f"{row.expectation_error:.2g}",
                "-" if row.standard_errors is None else f"{row.standard_errors:.1f}",
                f"{row.logit_error:.2g}", f"{row.seconds:.2f}",
            )
            for row in report.backends
        ),
    )  # fmt: skip
    bare, own = report.without_tokens, report.backends[0].scores
    gates = (
        "no gate" if report.gates is None else ", ".join(f"{gate:+.3f}" for gate in report.gates)
    )
    typer.echo(
        f"{report.rows} rows, compared with {report.reference}. With the quantum tokens set to "
        f"zero: macro F1 {bare.macro_f1:.4f} ({bare.macro_f1 - own.macro_f1:+.4f}), "
        f"{report.changed_without_tokens:.1%} of the classes change; gate: {gates}."
    )
