"""``qfusion trust``: which found files may open remote machines and say prices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qfusion_core.cli.output import AsJson, print_json, print_table, say


def trust(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="A backends.yaml or prices.yaml.")
    ] = None,
    listing: Annotated[
        bool, typer.Option("--list", help="Show what is trusted, and what has changed since.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Trust PATH no longer.")] = False,
    as_json: AsJson = False,
) -> None:
    """Trust a backends.yaml or prices.yaml that lies in a working directory, as it is now.

    Until then it opens no remote machine, gets no credentials and says no prices.
    """
    from qfusion_core.config import trust as trusting
    from qfusion_core.errors import InputError

    if listing == bool(paths) or (listing and remove):
        raise InputError("give one PATH or more, or --list alone; e.g. qfusion trust backends.yaml")
    for path in paths or ():
        if remove:
            trusting.distrust(path)
        else:
            trusting.trust(path)
        if not as_json:
            say(f"{'no longer trusted' if remove else 'trusted'}: {path.resolve()}")
    if as_json:
        print_json({"trusted": trusting.trusted()})
    elif listing:
        rows = [
            (path, kept.get("time", "-"), trusting.state_of(Path(path)))
            for path, kept in trusting.trusted().items()
        ]
        print_table(("file", "trusted", "state"), rows)
