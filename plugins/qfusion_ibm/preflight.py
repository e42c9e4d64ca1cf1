"""What can be looked at free of charge before a job is sent."""

from __future__ import annotations

from qfusion_core import Finding, QfusionError, Transient
from qfusion_ibm.local_site import LocalSite
from qfusion_ibm.options import Options
from qfusion_ibm.runtime_site import RuntimeSite


def findings(options: Options, site: LocalSite | RuntimeSite) -> list[Finding]:
    """Line by line; a line that failed makes those after it impossible."""
    found: list[Finding] = []
    if isinstance(site, RuntimeSite):
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
        if isinstance(site, RuntimeSite):
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
    if isinstance(site, RuntimeSite):
        found.append(Finding("seed", "ok", "a machine honours none"))
    return found


def _queue(site: RuntimeSite, name: str) -> Finding:
    operational, said, pending = site.queue(name)
    detail = f"{name} is {said or 'silent about its state'}, {pending} jobs wait"
    away = not operational or said != "active"
    return Finding("queue", "warning" if away else "ok", detail, pending, away)
