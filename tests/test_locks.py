"""The locks hold what pyproject.toml asks for, each package with hashes, and name no place."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name as canonical

ROOT = Path(__file__).parents[1]
LOCKS = ROOT / ".ci" / "locks"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = {
    "cpu": ("fast", "ibm", "braket", "report", "test"),
    "cuda": ("fast", "ibm", "braket", "report", "test"),
    "aer": ("fast", "aer", "braket", "report", "test"),
}


def locked(name):
    """Requirement and number of hashes of each entry."""
    text = (LOCKS / f"{name}.txt").read_text().replace("\\\n", " ")
    found = []
    for line in text.splitlines():
        entry, *hashes = re.split(r"\s+--hash=", line.strip())
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}\s*", each) for each in hashes), line
        found.append((Requirement(entry), len(hashes)))
    return found


def test_these_are_the_locks():
    assert sorted(path.name for path in LOCKS.iterdir()) == [f"{n}.txt" for n in sorted(EXTRAS)]


@pytest.mark.parametrize("name", EXTRAS)
def test_everything_is_pinned_with_hashes_and_no_place_is_named(name):
    entries = locked(name)
    assert len(entries) > 100
    for requirement, hashes in entries:
        assert [each.operator for each in requirement.specifier] == ["=="], requirement
        assert hashes, requirement
        assert requirement.url is None
    text = (LOCKS / f"{name}.txt").read_text()
    assert not re.search(r"://|index|find-links|(?<!\w)/\w", text)


@pytest.mark.parametrize("name", EXTRAS)
def test_a_lock_holds_what_pyproject_asks_for(name):
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *PROJECT["build-system"]["requires"]]
    for extra in EXTRAS[name]:
        wanted += extras[extra]
    pins = {}
    for requirement, _ in locked(name):
        (pin,) = requirement.specifier
        pins.setdefault(canonical(requirement.name), []).append(pin.version)
    for each in map(Requirement, wanted):
        versions = pins.get(canonical(each.name), [])
        assert versions, f"{name}: {each.name} is missing; run .ci/lock"
        assert all(map(each.specifier.contains, versions)), f"{name}: {each}, locked: {versions}"


@pytest.mark.parametrize("name", EXTRAS)
def test_only_the_cuda_lock_brings_cuda(name):
    names = {canonical(requirement.name) for requirement, _ in locked(name)}
    cuda = {each for each in names if each.startswith(("nvidia-", "cuda-")) or each == "triton"}
    assert bool(cuda) == (name == "cuda")


def test_either_client_of_ibm_and_no_package_that_nobody_imports():
    names = {lock: {canonical(r.name) for r, _ in locked(lock)} for lock in EXTRAS}
    assert [lock for lock in EXTRAS if "pennylane-qiskit" in names[lock]] == ["aer"]
    for each in names.values():
        assert not each & {"distributed", "dask", "tornado"}


@pytest.mark.parametrize("name", EXTRAS)
def test_constraints_are_the_locks_versions_without_hashes(name):
    ran = subprocess.run(
        [ROOT / ".ci" / "constraints", LOCKS / f"{name}.txt"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "--hash" not in ran.stdout
    expected = [requirement for requirement, _ in locked(name)]
    assert [Requirement(line) for line in ran.stdout.splitlines()] == expected
