"""A surrogate on disk: one file in the run folder per backend, with its numbers and its card.

There is one file, so that there is nothing to tear apart: whoever reads while others write, and
whenever a process ends, finds the old surrogate or the new one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from pydantic import ValidationError

from qfusion_core.config.shell_command import shell_command
from qfusion_core.config.validation_errors import first_problem
from qfusion_core.errors import InputError, damaged, did_you_mean
from qfusion_core.printable import one_line, shown_path
from qfusion_core.storage.reading import open_regular
from qfusion_core.storage.tensor_header import DAMAGED, TensorHeader
from qfusion_core.storage.writing import require_no_link
from qfusion_core.surrogate.card import Card

_ENDING = ".safetensors"


def path_of(run: Path, backend: str) -> Path:
    """Where it is kept."""
    return run / "surrogate" / f"{quote(backend, safe='')}{_ENDING}"


def names(run: Path) -> list[str]:
    """Backends that a run has a surrogate of."""
    folder = run / "surrogate"
    if not folder.is_dir():
        return []
    return sorted(unquote(path.name.removesuffix(_ENDING)) for path in folder.glob(f"*{_ENDING}"))


def require_path(run: Path, backend: str) -> Path:
    """Where a surrogate is.

    Raises:
        InputError: There is none, or its folder is a link.
    """
    path = path_of(run, backend)
    if not run.is_dir():
        raise InputError(
            f"{shown_path(run.absolute())}: not a run folder (no such folder); give the folder "
            "that `qfusion train` wrote, a relative one from the working directory"
        )
    if not os.path.lexists(path):
        known = names(run)
        hint = f"{did_you_mean(backend, known)}; " if known else ""
        raise InputError(
            f"{shown_path(run)}: has no surrogate of {one_line(repr(backend), 60)}; {hint}"
            f"`{shell_command('distil', run, '--backend', backend)}` makes one"
        )
    require_no_link(path.parent)
    return path


def require_room(run: Path, backend: str) -> None:
    """Look before it is measured whether a surrogate can be written.

    Raises:
        InputError: Something is in its place, or the folder cannot be written to.
    """
    path = path_of(run, backend)
    folder = require_no_link(path.parent)
    within = folder if os.path.lexists(folder) else run
    problem = None
    if os.path.lexists(folder) and not folder.is_dir():
        problem = f"{folder.name} is no folder"
    elif require_no_link(path).is_dir():
        problem = "it is a folder"
    elif not os.access(within, os.W_OK | os.X_OK):
        problem = "its folder is read-only"
    if problem:
        raise InputError(
            f"{shown_path(path)}: cannot write the surrogate ({problem}); nothing was measured; "
            "make room there and run again"
        )


def surrogate_card(run: Path, backend: str) -> Card:
    """The card of a surrogate, without its numbers; imports no torch.

    Args:
        run: The run folder.
        backend: That was measured.

    Raises:
        InputError: There is none, it is damaged, or it or its folder is a link.
    """
    path = require_path(run, backend)
    with open_regular(path, follow=False) as file, damaged(path, DAMAGED, advice(run, backend)):
        notes = TensorHeader.read(file).notes
    return card_in(notes, run, backend)


def card_in(notes: Mapping[str, Any], run: Path, backend: str) -> Card:
    """The card that stands in a surrogate's file.

    Args:
        notes: Of the file.
        run: Its run folder.
        backend: By whose name it is there.

    Raises:
        InputError: It is damaged, of another backend, or later than today.
    """
    where, document = shown_path(path_of(run, backend)), notes.get("card")
    if not isinstance(document, dict):
        raise InputError(f"{where}: has no card; {advice(run, backend)}")
    try:
        card = Card.model_validate(document)
    except ValidationError as error:
        problem = first_problem(error, Card, document)
        place = one_line(".".join(map(str, problem.at)), 100)
        raise InputError(
            f"{where}: card: {f'{place}: ' if place else ''}{one_line(problem.what, 160)}; "
            f"{advice(run, backend)}"
        ) from None
    if card.backend != backend:
        raise InputError(
            f"{where}: is the surrogate of {one_line(repr(card.backend), 60)}, under the name of "
            f"{one_line(repr(backend), 60)}; copy the run folder again, or distil again"
        )
    if card.days < -1:  # less is a clock that goes wrong, or another's
        raise InputError(
            f"{where}: measured {card.measured[:10]}, expected no later than today "
            f"({datetime.now(UTC):%Y-%m-%d}); set the clock of this machine, or "
            f"{advice(run, backend, card)}"
        )
    return card


def advice(run: Path, backend: str, card: Card | None = None) -> str:
    """What to do about a surrogate that cannot be used, a clause.

    Args:
        run: The run folder.
        backend: That was measured.
        card: Says which rows; None where it cannot be read.
    """
    bare = shell_command("distil", run, "--backend", backend)
    command = bare if card is None else card.command(str(run))
    return f"`{command}` makes it anew, out of the journal if that has its values"
