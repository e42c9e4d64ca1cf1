"""``qfusion compare``: one checkpoint on several backends, side by side."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qfusion_core.cli.compare_table import print_report
from qfusion_core.cli.opening import open_for
from qfusion_core.cli.options import (
    Again,
    AllowUrl,
    BackendsFile,
    NoWait,
    Raw,
    Reference,
    Run,
    Samples,
    Yes,
    describe_rows,
    test_rows,
)
from qfusion_core.cli.output import AsJson, print_json, say
from qfusion_core.cli.remote import measuring

if TYPE_CHECKING:
    from qfusion_core.backends.file import Backends
    from qfusion_core.evaluation.portability import Portability
    from qfusion_core.remote.measurement import Measurement


def compare(
    run: Run,
    backends: Annotated[
        str, typer.Option(metavar="A,B,C", help="Names in backends.yaml, with commas between.")
    ],
    reference: Reference = None,
    samples: Samples = None,
    seed: Annotated[
        int,
        typer.Option(min=0, max=2**32 - 1, help="Of the draw of --samples, and of the bootstrap."),
    ] = 0,
    yes: Yes = False,
    again: Again = False,
    no_wait: NoWait = False,
    raw: Raw = False,
    allow_url: AllowUrl = False,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Evaluate one trained model on several backends, and say whether it needs its tokens.

    A backend that fails is named, the others are compared all the same, and the exit code is 1.
    """
    from qfusion_core.backends.file import Backends
    from qfusion_core.errors import InputError, QfusionError
    from qfusion_core.plugin.registry import Registry
    from qfusion_core.runs.folder import RunFolder

    names = [name.strip() for name in backends.split(",") if name.strip()]
    if not names:
        raise InputError("--backends: no name given; e.g. --backends lightning,aer")
    found = Backends.read(backends_file)
    names = [found.require(name) for name in (reference or found.default, *names)]
    RunFolder.open(run, registry := Registry())
    for name in names:
        found.options(name, registry)
    remote = {"again": again, "yes": yes, "no_wait": no_wait, "as_json": as_json}
    with measuring(run, "compare", describe_rows(samples, seed), **remote) as opened:
        report = measure(run, found, names, samples, seed, opened, raw=raw, allow_url=allow_url)
    if as_json:
        print_json(as_document(run, report))
    else:
        print_report(report)
    if failed := [each.backend for each in report.failed if not each.left]:
        asked = len(report.backends) + len(report.failed)
        reasons = "the document has the reasons" if as_json else "the reasons are above"
        raise QfusionError(
            f"{len(failed)} of {asked} backends failed: {', '.join(failed)}; {reasons}"
        )


def measure(
    run: Path,
    backends: Backends,
    names: list[str],
    samples: int | None = None,
    seed: int = 0,
    measurement: Measurement | None = None,
    *,
    raw: bool = False,
    allow_url: bool = False,
) -> Portability:
    """Open all backends, then compare; the first name is the reference, which is never calibrated.

    Raises:
        InputError: A backend cannot be opened or does not fit; nothing has run.
    """
    from qfusion_core.evaluation.portability import compare as compare_backends
    from qfusion_core.plugin.registry import Registry
    from qfusion_core.runs.folder import RunFolder
    from qfusion_core.runs.loading import load_model

    registry = Registry()
    folder = RunFolder.open(run, registry)
    opened = measurement or run
    model = load_model(folder, registry)
    devices = {
        name: open_for(model, run, backends, name, registry, opened, raw=raw or name == names[0])
        for name in dict.fromkeys(names)
    }
    part = test_rows(folder, registry, samples, seed, allow_url=allow_url)

    def on_start(name: str) -> None:
        say(f"{name}: {len(part)} rows", err=True)  # a machine with noise may take minutes

    return compare_backends(model, part, devices, seed=seed, on_start=on_start)


def as_document(run: Path, report: Portability) -> dict[str, Any]:
    """The report as JSON, with its provenance."""
    from qfusion_core.provenance import provenance

    document = asdict(report)
    document["backends"] = [
        {**asdict(row), "scores": row.scores._asdict()} for row in report.backends
    ]
    document["without_tokens"] = report.without_tokens._asdict()
    return {"run": str(run), **document, "provenance": provenance()}
