"""What a number needs to be believed later: versions, commit, machine, time."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "qfusion", "torch", "pennylane", "pennylane-lightning", "pennylane-qiskit", "qiskit",
    "qiskit-aer", "qiskit-ibm-runtime", "amazon-braket-sdk", "amazon-braket-pennylane-plugin",
    "numpy", "scikit-learn",
)  # fmt: skip


def provenance() -> dict[str, object]:
    """Versions of what is installed, the commit of a source checkout, Python, threads, time."""
    import torch

    return {
        "versions": dict(_versions()),
        "commit": _commit(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "threads": torch.get_num_threads(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


@cache  # what is imported stays as it is
def _versions() -> dict[str, str]:
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def _commit() -> str | None:
    """Of the checkout that this package runs from, marked if it has changes; None elsewhere."""
    root = Path(__file__).parents[1]
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=root, env=_environment(), capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _environment() -> dict[str, str]:
    """What git needs of the environment: no keys, no credentials, no other repository's GIT_DIR."""
    needed = ("HOME", "LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TMPDIR", "USERPROFILE")
    return {name: os.environ[name] for name in needed if name in os.environ}
