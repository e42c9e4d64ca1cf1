"""A surrogate on disk: a table of numbers and a card, two files in the run folder per backend."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from urllib.parse import quote, unquote

from qfusion_core.config.yaml_dump import dump
from qfusion_core.config.yaml_source import YamlDocument
from qfusion_core.errors import InputError
from qfusion_core.printable import shown_path
from qfusion_core.storage.reading import open_regular
from qfusion_core.storage.writing import require_no_link, write_atomically
from qfusion_core.surrogate.card import Card


def card_path(run: Path, backend: str) -> Path:
    """Where the card is kept."""
    return run / "surrogate" / f"{quote(backend, safe='')}.yaml"


def table_path(run: Path, backend: str) -> Path:
    """Where the numbers are kept."""
    return card_path(run, backend).with_suffix(".safetensors")


def names(run: Path) -> list[str]:
    """Backends that a run has a surrogate of."""
    folder = run / "surrogate"
    if not folder.is_dir():
        return []
    return sorted(unquote(path.name.removesuffix(".yaml")) for path in folder.glob("*.yaml"))


def read_card(run: Path, backend: str) -> Card:
    """The card of a surrogate.

    Raises:
        InputError: There is none, it is damaged, or it or its folder is a link.
    """
    path = card_path(run, backend)
    if not os.path.lexists(path):
        where = shown_path(run)
        raise InputError(
            f"{where}: has no surrogate of {backend!r}; `qfusion distil {where} --backend "
            f"{backend}` makes one"
        )
    require_no_link(path.parent)
    card = YamlDocument.read(path, follow=False).validate(Card)
    if card.backend != backend:
        raise InputError(
            f"{shown_path(path)}: is the card of {card.backend!r}, under the name of {backend!r}; "
            "copy the run folder again, or distil again"
        )
    return card


def write_card(run: Path, card: Card) -> Path:
    """Keep a card, the last of the two files: without it the other is none."""
    path = card_path(run, card.backend)
    with _writable(path):
        write_atomically(require_no_link(path), dump(card.model_dump(mode="json")))
    return path


def copy(run: Path, to: Path, backend: str) -> None:
    """Take the surrogate of a backend along to another run with the same circuit and weights."""
    card, table = read_card(run, backend), table_path(to, backend)
    with open_regular(table_path(run, backend), follow=False) as file:
        content = file.read()
    with _writable(table):
        require_no_link(table.parent).mkdir(exist_ok=True)
        write_atomically(require_no_link(table), content)
    write_card(to, card)


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with open_regular(path, follow=False) as file:
        return hashlib.sha256(file.read()).hexdigest()


class _writable:
    """Says in one line why a file cannot be written."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise InputError(
                f"{shown_path(self._path)}: cannot write the surrogate ({error.strerror})"
            ) from None
