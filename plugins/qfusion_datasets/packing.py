"""Reads a publisher's file by its plain name, however the folder packs it."""

from __future__ import annotations

import gzip
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

from qfusion_core import listing


def unpacked(folder: Path, name: str) -> bytes:
    """Contents of ``name``, of ``name.gz``, or of either inside a zip of the folder.

    Raises:
        FileNotFoundError: It is nowhere in the folder.
        OSError, EOFError, zlib.error, BadZipFile: It is there, and damaged.
    """
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return _inflated(path.name, path.read_bytes())
    for archive in sorted(folder.glob("*.zip")):
        with ZipFile(archive) as zipped:
            for member in zipped.namelist():
                if (inner := PurePosixPath(member).name) in (name, f"{name}.gz"):
                    return _inflated(inner, zipped.read(member))
    found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else ["no folder"]
    raise FileNotFoundError(
        f"expected {name}, {name}.gz or a .zip that holds it, got {listing(found or ['no file'])}"
    )


def _inflated(name: str, raw: bytes) -> bytes:
    return gzip.decompress(raw) if name.endswith(".gz") else raw
