"""Downloads a publisher's files: written aside, verified, and only then given their place."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
from urllib.parse import quote
from urllib.request import Request, build_opener

from qfusion_core import InputError, QfusionError, one_line
from qfusion_datasets.addresses import Redirects

Verified = TypeVar("Verified")


def download(
    names: Sequence[str],
    urls: Iterable[str],
    folder: Path,
    verify: Callable[[Path], Verified],
    timeout: float,
    most: int,
) -> Verified:
    """Fetch files into a new folder.

    Args:
        names: The files.
        urls: Folders that hold them all: the next one is tried where one fails.
        folder: To be made; it appears only once everything in it is verified.
        verify: Reads the files from a folder; raises `InputError` if they are wrong.
        timeout: Seconds without an answer.
        most: Bytes that a file may have.

    Returns:
        What ``verify`` gave.

    Raises:
        QfusionError: No server gave the right files: each with its reason.
        InputError: The cache cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent)
    except OSError as error:
        raise InputError(
            f"cache folder {folder.parent}: cannot be written: {error.strerror}; "
            "set QFUSION_CACHE to another folder"
        ) from error
    reasons = []
    with aside as temporary:
        for url in urls:
            new = Path(temporary) / folder.name
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir()
            try:
                for name in names:
                    _fetch(f"{url.rstrip('/')}/{quote(name, safe='+')}", new / name, timeout, most)
                result = verify(new)
            except (OSError, HTTPException, InputError) as error:
                reasons.append(f"{one_line(url, 120)}: {_reason(error)}")
                continue
            _put_in_place(new, folder)
            return result
    raise QfusionError(
        f"could not download {', '.join(names)}: {' | '.join(reasons)}; put what the publisher "
        f"offers into {folder}, or set QFUSION_DATA to a folder that holds {folder.name}/"
    )


def _fetch(url: str, path: Path, timeout: float, most: int) -> None:
    request = Request(url, headers={"User-Agent": "qfusion"})
    received = 0
    with (
        build_opener(Redirects).open(request, timeout=timeout) as answer,
        path.open("wb") as file,
    ):
        expected = answer.headers.get("Content-Length")
        while block := answer.read(1 << 16):
            received += len(block)
            if received > most:
                raise OSError(f"sends more than {most:,} bytes, more than the file has")
            file.write(block)
    # http.client reports no error where the connection ends early while a file is copied
    if expected is not None and str(received) != expected.strip():
        raise OSError(f"connection ended after {received} of {one_line(expected, 20)} bytes")


def _reason(error: Exception) -> str:
    return one_line(error, 300) or type(error).__name__


def _put_in_place(new: Path, folder: Path) -> None:
    try:
        new.rename(folder)
    except OSError:
        if not folder.is_dir():  # if it is one now, another process was first, with the same data
            raise
