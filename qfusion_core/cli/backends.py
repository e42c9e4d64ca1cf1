"""``qfusion backends``: where a model can run, and whether it really can."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qfusion_core.cli.list_by_default import ListByDefault
from qfusion_core.cli.options import BackendsFile
from qfusion_core.cli.output import AsJson, print_json, print_reasons, print_table, say
from qfusion_core.notes import note
from qfusion_core.printable import shown_path

if TYPE_CHECKING:
    from qfusion_core.backends.file import Backends
    from qfusion_core.plugin.registry import Registry

backends = typer.Typer(
    cls=ListByDefault,
    help="List the entries of backends.yaml, examine them (`qfusion backends NAME --check`), or "
    "save what is told of a machine.",
)


@backends.command("list")
def list_backends(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Only these; all if not given.")
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Examine each: packages, credentials, the machine, a Bell state where it is "
            "free. Exit code 1 if one fails.",
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
    from qfusion_core.errors import InputError
    from qfusion_core.plugin.registry import Registry

    if offline and not check:
        raise InputError("--offline goes with --check; without it nothing is asked anyway")
    if run and not check:
        raise InputError("--run goes with --check; without it no folder is looked at")
    if run and not run.is_dir():
        raise InputError(f"{shown_path(run)}: no such folder; expected that of a run")
    found = Backends.read(backends_file)
    chosen = [found.require(name) for name in dict.fromkeys(names or found.entries)]
    if check:
        _check(found, chosen, Registry(), offline, run or Path(), as_json)
        return
    registry = Registry()
    rows = [_describe(found, name, registry) for name in chosen]
    if as_json:
        print_json({"file": found.source.path, "default": found.default, "backends": rows})
        return
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


@backends.command()
def save(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name in backends.yaml.")],
    out: Annotated[
        Path | None, typer.Option(help="A new file; NAME.json here if not given.")
    ] = None,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Store what a machine's provider tells of it today. Sends no job, costs nothing."""
    from qfusion_core.backends.file import Backends

    found = Backends.read(backends_file)
    found.require(name)

    from qfusion_core.backends.properties import save_properties

    path = save_properties(found, name, out or Path(f"{name}.json"))
    if as_json:
        print_json({"backend": name, "path": str(path), "bytes": path.stat().st_size})
    else:
        say(f"{path}: properties of {name}, {path.stat().st_size} bytes")


def _check(
    found: Backends, names: list[str], registry: Registry, offline: bool, run: Path, as_json: bool
) -> None:
    """Print what is found as it is found; exit code 1 if anything failed."""
    from qfusion_core.errors import NotTrusted
    from qfusion_core.workflows.doctor import TRUST, examine

    if os.name == "nt":
        note("on Windows owner and mode of keys, caches and lists are not checked")
    rows: list[dict[str, Any]] = []
    for name in names:
        if not as_json:
            say(name)
        findings = []
        for finding in examine(found, name, registry, offline=offline, run=run):
            findings.append(finding._asdict())
            if not as_json:
                detail = " ".join(finding.detail.split())
                say(f"  {finding.status:8}{finding.what}: {detail}")
        bad = any(finding["status"] == "failed" for finding in findings)
        rows.append({"name": name, "status": "failed" if bad else "ok", "findings": findings})
    failed = [row["name"] for row in rows if row["status"] == "failed"]
    if as_json:
        print_json({"file": found.source.path, "backends": rows})
    else:
        told = f", {len(failed)} failed: {', '.join(failed)}" if failed else ", all usable"
        say(f"{len(rows)} backend(s) in {found.source.path}{told}")
    if failed:
        refused = {f["what"] for row in rows for f in row["findings"] if f["status"] == "failed"}
        raise typer.Exit(NotTrusted.exit_code if TRUST in refused else 1)


def _describe(found: Backends, name: str, registry: Registry) -> dict[str, Any]:
    from qfusion_core.backends.lacking import lacking
    from qfusion_core.backends.opening import open_named
    from qfusion_core.errors import QfusionError
    from qfusion_core.plugin.discovery import explain

    entry = found.entries[name]
    row: dict[str, Any] = {
        "name": name,
        "type": entry.type,
        "options": {},  # shown once they are checked: a secret may stand where none belongs
        "shots": None,
        "max_wires": None,
        "status": "invalid",
        "lacks": None,
        "reason": None,
    }
    try:
        kind, options = found.configured(name, registry)
        row |= {
            "options": entry.options,
            "status": "unavailable",
            "shots": getattr(options, "shots", None),
        }
        lack = lacking(found, name, registry)
        told = {"status": lack.said, "lacks": lack.kind} if lack else {"status": "ready"}
        if (lack and lack.kind != "network") or not kind.opens_lightly(options):
            return row | told
        device = open_named(found, name, registry)
    except QfusionError as error:
        return row | {"reason": str(error)}
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin's own fault must not hide the other backends
        return row | {"reason": explain(error)}
    if absent := getattr(device, "absent", None):
        row["reason"] = "; ".join(f"without {name}: {reason}" for name, reason in absent.items())
    return row | told | {"shots": device.shots, "max_wires": device.max_wires}
