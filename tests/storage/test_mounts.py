"""Which file system a folder lies on, by the system's table of mounts."""

import os
from pathlib import Path

import pytest

from qfusion_core.storage import mounts
from qfusion_core.storage.mounts import file_system

TABLE = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
23 22 0:22 / {tmp}/home rw shared:5 master:2 - nfs4 server:/home rw,vers=4.2,local_lock=none
24 23 0:23 / {tmp}/home/me\\040and\\134you rw - fuse.sshfs me@there:/ rw
25 22 0:24 / {tmp}/data rw - autofs systemd-1 rw
26 25 0:25 / {tmp}/data rw - lustre mds:/scratch rw,flock
27 22 254:1 / {tmp}/data/local rw - fuseblk /dev/sdb1 rw
28 22 0:26 / {tmp}/new rw - surprisefs none rw
"""


@pytest.fixture
def table(tmp_path, monkeypatch):
    table = tmp_path / "mountinfo"
    table.write_text(TABLE.format(tmp=tmp_path))
    monkeypatch.setattr(mounts, "TABLE", table)
    monkeypatch.setattr(mounts.os, "major", lambda device: 999)  # none of the table
    return table


@pytest.mark.parametrize(
    ("folder", "name", "kind"),
    [
        ("", "ext4", "local"),
        ("homes/of/others", "ext4", "local"),
        ("home", "nfs4", "shared"),
        ("home/runs/that/are/not/there", "nfs4", "shared"),
        ("home/me and\\you/run", "fuse.sshfs", "shared"),
        ("data", "lustre", "shared"),
        ("data/local", "fuseblk", "local"),
        ("new", "surprisefs", "unknown"),
    ],
)
def test_the_nearest_mount_above_a_folder_says_it(table, tmp_path, folder, name, kind):
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    assert file_system(tmp_path / folder) == (name, kind)


def test_a_link_leads_to_where_the_folder_is(table, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "runs").symlink_to(tmp_path / "home")
    assert file_system(tmp_path / "runs" / "wine").name == "nfs4"


def test_a_mount_that_another_hides_is_told_by_the_number_of_the_device(tmp_path, monkeypatch):
    device = tmp_path.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    table = tmp_path / "mountinfo"
    table.write_text(f"1 0 {number} / / rw - xfs x rw\n2 1 0:99 / {tmp_path} rw - nfs x rw\n")
    monkeypatch.setattr(mounts, "TABLE", table)
    assert file_system(tmp_path).name == "xfs"


def test_this_machine_knows_its_own_memory_and_others_nothing(tmp_path, monkeypatch):
    if Path("/dev/shm").is_dir():
        assert file_system(Path("/dev/shm")) == ("tmpfs", "local")
    monkeypatch.setattr(mounts, "TABLE", tmp_path / "no table")
    assert file_system(tmp_path) == ("", "unknown")
    (tmp_path / "no table").write_text("what is this\n")
    assert file_system(tmp_path) == ("", "unknown")
