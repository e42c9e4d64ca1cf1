"""The file system that a folder lies on: of this machine alone, or one that others may write to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

TABLE = Path("/proc/self/mountinfo")
_LOCAL = frozenset(
    "aufs bcachefs btrfs ecryptfs erofs exfat ext2 ext3 ext4 f2fs fuseblk hfs hfsplus iso9660 jfs"
    " nilfs2 ntfs ntfs3 overlay ramfs reiserfs rootfs squashfs tmpfs ubifs udf vfat xfs zfs".split()
)
# of networks, of clusters, and between a machine and those inside it: each has other writers
_SHARED = frozenset(
    "9p acfs afs beegfs ceph cifs coda cvfs davfs drvfs dvs fhgfs gfs gfs2 glusterfs gpfs lustre"
    " ncpfs nfs nfs3 nfs4 ocfs2 openafs orangefs panfs prl_fs pvfs2 smb2 smb3 smbfs vboxsf virtiofs"
    " vmhgfs wekafs".split()
)
_OCTAL = re.compile(r"\\([0-7]{3})")  # how the table writes a blank, for one


class FileSystem(NamedTuple):
    """What is known of a file system.

    Attributes:
        name: Its type, as the system calls it; empty where it does not say.
        kind: ``local``: only this machine writes to it. ``shared``: other machines may, too.
            ``unknown``: neither is known.
    """

    name: str
    kind: Literal["local", "shared", "unknown"]


def file_system(path: Path) -> FileSystem:
    """Of a path, or of what is there on the way to it. Linux tells; elsewhere little is known."""
    real = Path(os.path.realpath(path))
    if real.drive.startswith("\\\\"):
        return FileSystem("a network share of Windows", "shared")
    try:
        while not real.exists() and real != real.parent:
            real = real.parent
        device = real.stat().st_dev
        around = [mount for mount in _mounts() if real.is_relative_to(mount.point)]
    except (OSError, ValueError):
        return FileSystem("", "unknown")
    number = f"{os.major(device)}:{os.minor(device)}"
    # a mount can be hidden by one above it; btrfs has other numbers than its table says
    same = [mount for mount in around if mount.device == number] or around
    if not same:
        return FileSystem("", "unknown")
    # of mounts on one point the last is the one that is seen
    name = max(enumerate(same), key=lambda each: (len(each[1].point.parts), each[0]))[1].type
    return FileSystem(name, _kind(name))


def _kind(name: str) -> Literal["local", "shared", "unknown"]:
    if name in _LOCAL:
        return "local"
    # a program stands behind a file system of FUSE, and most often a network behind that
    return "shared" if name in _SHARED or name.partition(".")[0] == "fuse" else "unknown"


class _Mount(NamedTuple):
    device: str
    point: Path
    type: str


def _mounts() -> Iterator[_Mount]:
    for line in TABLE.read_text("utf-8", "surrogateescape").splitlines():
        before, _, after = line.partition(" - ")
        _, _, device, _, point, *_ = before.split(" ")
        escaped = _OCTAL.sub(lambda found: chr(int(found[1], 8)), point)
        yield _Mount(device, Path(escaped), after.split(" ")[0])
