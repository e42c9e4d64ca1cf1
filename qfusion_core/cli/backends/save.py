"""``qfusion backends save``: what a provider tells of a machine, in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qfusion_core.cli.options import BackendsFile
from qfusion_core.cli.output import AsJson, print_json, say


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
    from qfusion_core.storage.file_names import file_name

    path = save_properties(found, name, out or Path(f"{file_name(name)}.json"))
    if as_json:
        print_json({"backend": name, "path": str(path), "bytes": path.stat().st_size})
    else:
        say(f"{path}: properties of {name}, {path.stat().st_size} bytes")
