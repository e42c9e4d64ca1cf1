"""``qfusion backends list``: where a model can run, and whether it really can."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qfusion_core.cli.backends.check import check_backends
from qfusion_core.cli.options import BackendsFile
from qfusion_core.cli.output import AsJson, print_json, print_reasons, print_table, say
from qfusion_core.printable import shown_path

if TYPE_CHECKING:
    from qfusion_core.backends.file import Backends


def list_backends(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Only these; all if not given.")
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Examine each: packages, credentials, the machine, a Bell state where it is "
            "free. Exit code 1 if one fails, 2 if one needs your trust.",
        ),
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="With --check: skip what needs the network.")
    ] = False,
    run: Annotated[
        Path | None,
        typer.Option(help="With --check: where jobs are to be kept; here if not given."),
    ] = None,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """List the entries of backends.yaml and open each, without running anything."""
    from qfusion_core.backends.file import Backends
    from qfusion_core.backends.status import describe_backend
    from qfusion_core.errors import InputError
    from qfusion_core.plugin.registry import Registry

    if offline and not check:
        raise InputError("--offline goes with --check; without it nothing is asked anyway")
    if run and not check:
        raise InputError("--run goes with --check; without it no folder is looked at")
    if run and not run.is_dir():
        raise InputError(f"{shown_path(run)}: no such folder; expected that of a run")
    if check:
        check_backends(names or (), offline, run or Path(), backends_file, as_json)
        return
    found = Backends.read(backends_file)
    chosen = [found.require(name) for name in dict.fromkeys(names or found.entries)]
    registry = Registry()
    rows = [describe_backend(found, name, registry) for name in chosen]
    if as_json:
        print_json({"file": found.source.path, "default": found.default, "backends": rows})
        return
    _print(found, rows)


def _print(found: Backends, rows: list[dict[str, Any]]) -> None:
    say(f"{found.source.path} (* default)")
    print_table(
        ("name", "type", "options", "status"),
        (
            (
                f"{row['name']} *" if row["name"] == found.default else row["name"],
                row["type"],
                ", ".join(f"{key}={value}" for key, value in row["options"].items()) or "-",
                row["status"],
            )
            for row in rows
        ),
    )
    print_reasons(rows)
