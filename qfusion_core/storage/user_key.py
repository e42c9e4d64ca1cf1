"""The user's key, which seals journals: one that was made elsewhere spends nothing here."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from qfusion_core.errors import InputError
from qfusion_core.printable import shown_path
from qfusion_core.storage.places import state_folder
from qfusion_core.storage.reading import read_bounded

NAME = "journal.key"
VARIABLE = "QFUSION_JOURNAL_KEY"
SIZE = 32  # bytes


def keys(*, create: bool = False) -> tuple[bytes, ...]:
    """Keys that verify, of which the first signs; none where there is none yet.

    The variable comes first, for who works on several machines; what was sealed with the key of the
    state directory still verifies.

    Args:
        create: Make a key where there is none.

    Raises:
        InputError: A key cannot be made, is too short, or others may read it. No key is shown.
    """
    named = _named()
    try:
        kept = _kept()
    except InputError:
        if not named:  # else that one does, and what the file holds is of no use
            raise
        kept = ()
    if create and not named and not kept:
        kept = (_made(),)
    return named + kept


def to_hide() -> list[str]:
    """Texts that no message may hold."""
    found = [os.environ.get(VARIABLE, "")]
    with contextlib.suppress(InputError):
        found += [key.hex() for key in _kept()]
    return [text for text in found if text]


def _named() -> tuple[bytes, ...]:
    text = os.environ.get(VARIABLE)
    if not text:
        return ()
    key = os.fsencode(text)
    if len(key) < SIZE:
        raise InputError(
            f"{VARIABLE}: a key of {len(key)} bytes, expected at least {SIZE}; make one with "
            "`openssl rand -hex 32`"
        )
    return (key,)


def _kept() -> tuple[bytes, ...]:
    path = state_folder() / NAME
    if not os.path.lexists(path):
        return ()
    key = read_bounded(path, 1000, follow=False)
    if len(key) < SIZE:
        raise InputError(
            f"{shown_path(path)}: {len(key)} bytes, expected a key of {SIZE}; restore it, or "
            "delete it and take your journals over with `qfusion jobs adopt RUN`"
        )
    if os.name == "posix":
        kept = path.stat()
        if kept.st_uid != os.geteuid() or stat.S_IMODE(kept.st_mode) & 0o077:
            raise InputError(
                f"{shown_path(path)}: this key of your journals must be yours and read by nobody "
                "else; `chmod 600` it if nobody else can have had it, else delete it"
            )
    return (key,)


def _made() -> bytes:
    """The key of the state directory: a new one, or that of a process that was faster."""
    folder = state_folder()
    try:
        state_folder(create=True)
        if os.name == "posix" and folder.stat().st_mode & 0o077:
            folder.chmod(0o700)  # made by an older version
        _write(folder / NAME, secrets.token_bytes(SIZE))
    except OSError as error:
        raise InputError(
            f"{shown_path(folder)}: cannot keep a key for your journals there ({error.strerror}), "
            f"so nothing is sent; make it writable, or set {VARIABLE} to a secret of {SIZE} bytes "
            "or more"
        ) from None
    return _kept()[0]


def _write(path: Path, key: bytes) -> None:
    """Made aside and linked: whoever finds the name finds all of the key, and the first one."""
    aside = path.with_name(f".{NAME}.{secrets.token_hex(8)}")
    _new(aside, key)
    try:
        os.link(aside, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        with contextlib.suppress(FileExistsError):
            _new(path, key)
    finally:
        aside.unlink()


def _new(path: Path, key: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
