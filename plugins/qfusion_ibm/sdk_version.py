"""Which of IBM's clients is installed, and what it can do."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

from packaging.version import Version

from qfusion_core import Finding, InputError

PACKAGE = "qiskit-ibm-runtime"
_OLD, _AFTER_OLD, _NEW = Version("0.45"), Version("0.46"), Version("0.51")


@cache  # the metadata are read from the disk, and asked for with each job
def installed() -> Version | None:
    """Version of IBM's client; None where there is none."""
    try:
        return Version(version(PACKAGE))
    except PackageNotFoundError:
        return None


def gives_counts() -> bool:
    """Whether it knows the program that gives what was measured."""
    current = installed()
    return current is not None and current >= _NEW


def require_client() -> None:
    """Refuse a client between those that qfusion knows. Where there is none, others say so.

    Raises:
        InputError: Names those that it knows.
    """
    current = installed()
    if current is None or current >= _NEW or _OLD <= current < _AFTER_OLD:
        return
    raise InputError(
        f"ibm: {PACKAGE} {current} is installed, expected {_NEW} or newer (qfusion[ibm]), or "
        f"{_OLD}.x (qfusion[aer]); pip install 'qfusion[ibm]'"
    )


def finding() -> Finding:
    """Which one is in use, and what it cannot do; nothing is asked."""
    client = f"{PACKAGE} {installed()}"
    try:
        require_client()
    except InputError as error:
        return Finding("client", "failed", str(error).removeprefix("ibm: "))
    if gives_counts():
        summary = "IBM measures, values and mitigation are computed here; what was measured is kept"
        return Finding("client", "ok", f"{client}: {summary}")
    return Finding(
        "client",
        "warning",
        f"{client}, which IBM calls deprecated: IBM computes the values; no counts are kept, a "
        "simulation does not mitigate, and no `estimate --ask`; pip install 'qfusion[ibm]' in an "
        "environment without pennylane-qiskit brings today's",
    )
