"""How verbs print: one JSON document, or one table, on standard output."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def print_json(document: Any) -> None:
    """Print a JSON document."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: fitted to a terminal, and elsewhere never folded."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        # as Text, since "qfusion[ibm]" would be read as markup
        table.add_row(*(Text(str(cell)) for cell in row))
    console = Console()
    console.print(table) if console.is_terminal else Console(width=1000).print(table, crop=False)


def print_reasons(rows: Iterable[Mapping[str, Any]]) -> None:
    """Below a table: why an entry of it cannot be used, one line each."""
    for row in rows:
        if row["reason"]:
            typer.echo(f"{row['name']}: {row['reason']}")
