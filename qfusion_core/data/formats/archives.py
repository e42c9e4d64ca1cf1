"""Arrays of an npz: only those that are asked for, and none larger than its file can be."""

from __future__ import annotations

import math
from typing import IO, Any
from zipfile import ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from qfusion_core.errors import InputError

FREE = 64_000_000  # bytes that any archive may inflate to
RATIO = 200  # how many times larger than packed it may be beyond that


def read_npz(
    file: IO[bytes], where: str, names: tuple[str, ...]
) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """The arrays of these names that the archive has, and the names of all.

    Args:
        file: At its beginning.
        where: Names it in errors.
        names: Of the arrays to read.

    Raises:
        InputError: It inflates to more than it can honestly hold, or is not what numpy writes.
    """
    arrays = {}
    with ZipFile(file) as archive:  # np.load takes other kinds of file, too
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        for name in names:
            if name in members:
                require_ratio(members[name].file_size, members[name].compress_size, where)
                arrays[name] = _array(archive, members[name], where)
    return arrays, list(members)


def require_ratio(inflated: int, packed: int, where: str, ratio: int = RATIO) -> None:
    """Refuse an archive that a small file makes large.

    Raises:
        InputError: Names both sizes.
    """
    if inflated > FREE and inflated > ratio * max(1, packed):
        raise InputError(
            f"{where}: {packed:,} bytes would inflate to {inflated:,}, more than {ratio} times as "
            "much; if that is right, save it without compression"
        )


def _array(archive: ZipFile, member: ZipInfo, where: str) -> NDArray[Any]:
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        if version == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
        else:
            shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
        # numpy takes the memory for what the header says before it looks at what there is
        expected = stream.tell() + math.prod(shape) * dtype.itemsize
    if not dtype.hasobject and expected != member.file_size:
        raise InputError(
            f"{where}: array {member.filename[:40]!r} is cut short or damaged: "
            f"{member.file_size:,} bytes, {expected:,} by its header"
        )
    with archive.open(member) as stream:
        array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    return array
