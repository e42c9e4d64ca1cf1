"""Reads a publisher's file by its plain name, however the folder packs it."""

from __future__ import annotations

import gzip
from pathlib import Path, PurePosixPath
from typing import IO
from zipfile import ZipFile

from qfusion_core import open_regular, quoted_list


def unpacked(folder: Path, name: str, most: int) -> bytes:
    """Contents of ``name``, of ``name.gz``, or of either inside a zip of the folder.

    Args:
        folder: Where to look.
        name: Of the plain file.
        most: Bytes that it may have; no more are inflated.

    Raises:
        FileNotFoundError: It is nowhere in the folder.
        OSError, EOFError, zlib.error, BadZipFile, ValueError: It is there, and damaged or too
            large.
    """
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            with open_regular(path) as file:
                return _inflated(path.name, file, most)
    for archive in sorted(folder.glob("*.zip")):
        with open_regular(archive) as file, ZipFile(file) as zipped:
            for member in zipped.namelist():
                if (inner := PurePosixPath(member).name) in (name, f"{name}.gz"):
                    with zipped.open(member) as stream:
                        return _inflated(inner, stream, most)
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else ["no folder"]
    listed = quoted_list(names or ["no file"])
    raise FileNotFoundError(f"expected {name}, {name}.gz or a .zip that holds it, got {listed}")


def _inflated(name: str, file: IO[bytes], most: int) -> bytes:
    if name.endswith(".gz"):
        with gzip.GzipFile(fileobj=file) as inner:
            content = inner.read(most + 1)
    else:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"more than {most:,} bytes once unpacked, more than the data set has")
    return content
