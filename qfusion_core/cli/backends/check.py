"""``qfusion backends --check``: what the doctor finds, as it finds it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import typer

from qfusion_core.cli.output import print_json, say
from qfusion_core.notes import note


def check_backends(
    names: Sequence[str], offline: bool, run: Path, backends_file: Path | None, as_json: bool
) -> None:
    """Print what is found as it is found; exit code 1 if anything failed, 2 for want of trust."""
    from qfusion_core.errors import NotTrusted
    from qfusion_core.workflows.doctor import doctor, line_of

    if os.name == "nt":
        note("on Windows owner and mode of keys, caches and lists are not checked")
    examined = doctor(
        names,
        offline=offline,
        run=run,
        backends_file=backends_file,
        on_backend=lambda name: None if as_json else say(name),
        on_finding=lambda finding: None if as_json else say(line_of(finding)),
    )
    if as_json:
        print_json(examined.to_dict())
    else:
        say(examined.summary())
    if examined.failed:
        raise typer.Exit(NotTrusted.exit_code if examined.distrusted else 1)
