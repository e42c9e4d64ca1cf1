"""How verbs print: one JSON document, or one table, on standard output; all of it safe to show."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qfusion_core.errors import QfusionError
from qfusion_core.printable import printable

if TYPE_CHECKING:
    from qfusion_core.workflows.result import VerbResult

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def say(line: object, *, err: bool = False) -> None:
    """Print a line that others may have had a word in: nothing in it acts on a terminal."""
    typer.echo(printable(line), err=err)


def print_json(document: Any) -> None:
    """Print a JSON document, in ASCII where the stream knows no more.

    Raises:
        QfusionError: It holds NaN or an infinity, which JSON has no words for.
    """
    try:
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise QfusionError(
            "the document holds numbers that are not finite, which JSON cannot say; "
            "without --json they are shown"
        ) from None
    if text != printable(text, keep="\n") or not _can_say(sys.stdout, text):
        text = json.dumps(document, indent=2)  # \u escapes
    typer.echo(text)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: fitted to a terminal, and elsewhere never folded."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(Text(printable(column)), overflow="fold")
    for row in rows:
        # as Text, since "qfusion[ibm]" would be read as markup
        table.add_row(*(Text(printable(cell)) for cell in row))
    if is_terminal(sys.stdout):
        Console().print(table)
    else:
        console = Console(width=1000, force_terminal=False, color_system=None)
        console.print(table, crop=False)


def show(result: VerbResult, *, as_json: bool) -> None:
    """Print what a verb gave: its document, or its tables and lines."""
    if as_json:
        print_json(result.to_dict())
        return
    for part in result.shown():
        if isinstance(part, str):
            say(part)
        else:
            print_table(*part)


def print_reasons(rows: Iterable[Mapping[str, Any]]) -> None:
    """Below a table: why an entry of it cannot be used, one line each."""
    for row in rows:
        if row["reason"]:
            say(f"{row['name']}: {row['reason']}")


def is_terminal(stream: Any) -> bool:
    """Whether a stream is one, whatever FORCE_COLOR says."""
    return bool(getattr(stream, "isatty", bool)())


def _can_say(stream: Any, text: str) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
