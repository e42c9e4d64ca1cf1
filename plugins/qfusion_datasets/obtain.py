"""A published data set from ``QFUSION_DATA``, the cache or its publisher, always verified."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qfusion_core import InputError, one_line, require_network
from qfusion_datasets.addresses import require_publisher, servers
from qfusion_datasets.download import download
from qfusion_datasets.options import DownloadOptions, absolute_path
from qfusion_datasets.sources import Source

Arrays = tuple[NDArray[Any], ...]
EXTRACTS = Path(__file__).parent / "extracts"


def obtain(
    source: Source,
    options: DownloadOptions,
    parse: Callable[[Path], Arrays],
    *,
    own: bool = True,
    allow_url: bool = False,
) -> Arrays:
    """The arrays of a data set.

    ``QFUSION_DATA`` names a folder that holds the publishers' files (``covertype/covtype.data.gz``,
    ``fashion_mnist/train-images-idx3-ubyte.gz``, ``steel_plates_faults/Faults.NNA``, ...); with it,
    nothing is downloaded. Otherwise files are downloaded once, into ``QFUSION_CACHE`` or the
    user's cache folder.

    Args:
        source: What to get.
        options: Whether the extract will do, and how to download.
        parse: Reads the arrays from a folder that holds the publisher's files in any packing.
        own: Whether the user gave the options; if not, a run folder did.
        allow_url: Whether an address in options that are not his own may be asked.

    Raises:
        InputError: A file is absent, cannot be read, or has other contents than published, or an
            address may not be asked.
        QfusionError: The download failed.
    """
    if options.extract:
        folder = EXTRACTS / source.folder
        return verified(folder, source.extract_sha256, parse, remedy="install qfusion anew")
    if data := os.environ.get("QFUSION_DATA"):
        folder = _named("QFUSION_DATA", data) / source.folder
        remedy = "put the publisher's file there, or unset QFUSION_DATA to download it"
        return verified(folder, source.sha256, parse, remedy=remedy)
    if not own and not allow_url:
        require_publisher(source, options)
    folder = cache() / source.folder
    if folder.exists():
        remedy = f"delete {folder} to download it again"
        return verified(folder, source.sha256, parse, remedy=remedy)
    require_network(f"downloading {source.folder}")
    return download(
        source.downloads,
        servers(source, options, own=own),
        folder,
        lambda aside: verified(aside, source.sha256, parse, where="what it sent"),
        options.timeout,
        source.most_received,
    )


def cache() -> Path:
    """Where downloads go: ``QFUSION_CACHE``, else the user's cache folder."""
    import platformdirs

    folder = os.environ.get("QFUSION_CACHE")
    return _named("QFUSION_CACHE", folder) if folder else platformdirs.user_cache_path("qfusion")


def _named(variable: str, folder: str) -> Path:
    try:
        return absolute_path(Path(folder))
    except ValueError as error:
        raise InputError(f"{variable}={one_line(folder, 80)}: {error}") from None


def verified(
    folder: Path,
    sha256: str,
    parse: Callable[[Path], Arrays],
    *,
    where: str | None = None,
    remedy: str = "",
) -> Arrays:
    """Parse a folder and compare the checksum of what was read.

    Args:
        folder: Holds the publisher's files.
        sha256: What `fingerprint` must give.
        parse: Reads the arrays.
        where: Begins the error's text; the folder if None.
        remedy: Ends it.

    Raises:
        InputError: Names the expected checksum and what was found instead.
    """
    start, end = where or folder, f"; {remedy}" if remedy else ""
    try:
        arrays = parse(folder)
        got = f"sha256 {fingerprint(*arrays)}"
    except FileNotFoundError as error:
        raise InputError(f"{start}: {error}{end}") from error
    except Exception as error:  # whatever an archive that somebody else packed leads to
        got = f"a file that cannot be read ({one_line(error, 120) or type(error).__name__})"
    if got != f"sha256 {sha256}":
        raise InputError(f"{start}: expected a table of sha256 {sha256}, got {got}{end}")
    return arrays


def fingerprint(*arrays: NDArray[np.generic]) -> str:
    """SHA-256 over dtype, shape and little-endian C-order bytes of each array.

    >>> fingerprint(np.array([[1, 2]], dtype=np.uint8))[:16]
    '2ab37e71bb521d24'
    """
    digest = hashlib.sha256()
    for array in arrays:
        array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        digest.update(f"{array.dtype.str} {array.shape}\n".encode())
        digest.update(array.data)
    return digest.hexdigest()
