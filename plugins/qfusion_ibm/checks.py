"""What can be looked at free of charge before a job is sent."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from qfusion_core import Finding, QfusionError, Transient
from qfusion_ibm.here import Here
from qfusion_ibm.options import Options
from qfusion_ibm.service import Service


def findings(options: Options, site: Here | Service) -> list[Finding]:
    """Line by line; a line that failed makes those after it impossible."""
    found = [_versions()]
    if isinstance(site, Service):
        found.append(Finding("credentials", "ok", "a token and an instance are given"))
        try:
            _ = site.connection
        except Transient as error:
            return [*found, Finding("network", "failed", str(error))]
        except QfusionError as error:
            return [
                *found,
                Finding("network", "ok", "IBM Cloud answers"),
                Finding("authentication", "failed", str(error)),
            ]
        found += [
            Finding("network", "ok", "IBM Cloud answers"),
            Finding("authentication", "ok", "the token is accepted, the instance is ours"),
        ]
    try:
        machine = site.machine(None, 1)
        found.append(Finding("qubits", "ok", f"{machine.name} has {machine.qubits}"))
        found.append(
            Finding("calibrated", "ok", machine.calibrated or "never: a simulator without noise")
        )
        if isinstance(site, Service):
            found.append(_queue(site, machine.name))
    except QfusionError as error:
        return [*found, Finding("machine", "failed", str(error))]
    limit = machine.max_circuits
    found.append(
        Finding(
            "limits",
            "ok",
            f"{limit or 'no limit is reported on'} circuits of a job, "
            f"{options.draws} shots of each",
        )
    )
    return [*found, _seed(options, site)]


def _versions() -> Finding:
    names = ("qiskit", "qiskit-ibm-runtime", "qiskit-aer")
    try:
        return Finding("versions", "ok", ", ".join(f"{name} {version(name)}" for name in names))
    except PackageNotFoundError as error:
        return Finding("versions", "failed", f'{error}; pip install "qfusion[ibm]"')


def _queue(site: Service, name: str) -> Finding:
    operational, said, pending = site.queue(name)
    detail = f"{name} is {said or 'silent about its state'}, {pending} jobs wait"
    status: Literal["ok", "warning"] = "ok" if operational and said == "active" else "warning"
    return Finding("queue", status, detail, pending)


def _seed(options: Options, site: Here | Service) -> Finding:
    if isinstance(site, Service):
        return Finding("seed", "ok", "a machine honours none")
    given = "not given: each run draws anew" if options.seed is None else f"{options.seed}"
    return Finding("seed", "ok", f"honoured; {given}")
