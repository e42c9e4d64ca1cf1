"""Looks at one backend from all sides: what is installed, set, reachable, and right."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from packaging.utils import canonicalize_name as canonical

from qfusion_core.backends.bell_state import bell_values, judge
from qfusion_core.backends.file import Backends
from qfusion_core.backends.opening import open_named
from qfusion_core.backends.trust import require_trust
from qfusion_core.errors import QfusionError
from qfusion_core.interfaces.device import Device
from qfusion_core.options import Options
from qfusion_core.plugin.discovery import explain
from qfusion_core.plugin.extras import how_to_install, installed_version
from qfusion_core.plugin.registry import Registry
from qfusion_core.remote.adapter.measurement import Measurement
from qfusion_core.remote.adapter.request_retry import retrying_caller
from qfusion_core.remote.device import RemoteDevice
from qfusion_core.remote.errors import JobsPending
from qfusion_core.remote.machine.job import Finding
from qfusion_core.workflows.cancelling import cancel_jobs
from qfusion_core.workflows.journal_folders import look_at_places

TRUST = "trust"
PATIENCE = {"timeout_seconds": 60.0, "tries": 2}  # of somebody who waits for the doctor


def examine(
    backends: Backends,
    name: str,
    registry: Registry,
    *,
    offline: bool = False,
    run: Path = Path(),
) -> Iterator[Finding]:
    """Everything that can be said of a backend for free; raises nothing.

    Args:
        backends: The file.
        name: The backend.
        registry: Where its device is looked up.
        offline: Skip what needs the network.
        run: Folder in which jobs are to be written down.
    """
    check = "options"
    try:
        device, options = backends.configured(name, registry)
        check = TRUST
        require_trust(backends, name, registry)
        check = "options"
        if name in backends.pools:
            yield from _members(backends, name, registry, offline, run)
            return
        at_rest = [
            *package_findings(device, options, registry),
            *_client(device, options),
            *_credentials(backends, name, device, options),
        ]
        yield from at_rest
        if "failed" in [finding.status for finding in at_rest]:
            return  # opening it would say the same again
        with tempfile.TemporaryDirectory() as folder:
            check = "opening"
            opened = open_named(backends, name, registry, Measurement(folder))
            check = "journal"
            if isinstance(opened, RemoteDevice):
                opened.options = opened.options.model_copy(update=PATIENCE)
                yield from look_at_places(run)
            check = "machine"
            yield from _machine(opened, offline)
            away = isinstance(opened, RemoteDevice) and not opened.local
            check = "Bell state"
            sanity = _sanity(opened, backends, folder, offline)
            yield sanity
            if not away and sanity.status != "failed":
                check = "seed"
                yield _seed(backends, name, registry, options, opened)
    except QfusionError as error:
        yield Finding(check, "failed", str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin's own fault must not hide other backends
        yield Finding(check, "failed", explain(error))


def _members(
    backends: Backends, name: str, registry: Registry, offline: bool, run: Path
) -> Iterator[Finding]:
    """Everything about each member of a pool, which can do without some of them."""
    by_member = {
        member: list(examine(backends, member, registry, offline=offline, run=run))
        for member in backends.pools[name].backends
    }
    bad = [
        m
        for m, findings in by_member.items()
        if "failed" in [finding.status for finding in findings]
    ]
    for member, findings in by_member.items():
        for finding in findings:
            spared = finding.status == "failed" and len(bad) < len(by_member)
            status = "warning" if spared else finding.status
            yield finding._replace(what=f"{member}: {finding.what}", status=status)


def package_findings(
    device: type[Device], options: Options, registry: Registry
) -> Iterator[Finding]:
    """The plugin, and what it needs besides."""
    plugin = registry.provider("device", device.name)
    assert plugin is not None
    yield Finding("device", "ok", f"{device.name!r} of {plugin}")
    for package in (canonical(name) for name in device.packages(options)):
        if (version := installed_version(package)) is not None:
            yield Finding("package", "ok", f"{package} {version}")
        else:
            advice = how_to_install(package, plugin.distribution, device.name)
            yield Finding("package", "failed", f"{package} is not installed; {advice}")


def _client(device: type[Device], options: Options) -> Iterator[Finding]:
    """What the adapter says of the client that is installed."""
    if issubclass(device, RemoteDevice):
        yield from device.at_rest(options)


def _credentials(
    backends: Backends, name: str, device: type[Device], options: Options
) -> Iterator[Finding]:
    """Whether secrets are there; never what they are."""
    references = backends.entries[name].credentials
    for key, reference in references.items():
        if os.environ.get(reference.name):
            yield Finding("credentials", "ok", f"{key}: {reference.name} is set")
        else:
            yield Finding(
                "credentials",
                "failed",
                f"{key}: {reference.name} is not set; export {reference.name}=...",
            )
    for key, field in device.Credentials.model_fields.items():
        if field.is_required() and key not in references:
            yield Finding(
                "credentials",
                "failed",
                f"{key}: missing; add credentials: {{{key}: {{$env: NAME}}}} in "
                f"{backends.source.path}",
            )
    required = any(field.is_required() for field in device.Credentials.model_fields.values())
    if (
        not references
        and not required
        and (absent := device.lacks_credentials(options, references))
    ):
        yield Finding("credentials", "warning", absent)


def _machine(device: Device, offline: bool) -> Iterator[Finding]:
    """What the adapter can ask for free."""
    if not isinstance(device, RemoteDevice):
        return
    if offline and not device.local:
        yield Finding("machine", "ok", "not asked: --offline")
        return
    retrying = retrying_caller(device)
    for finding in retrying(device.preflight):
        yield finding._replace(detail=retrying.hide(finding.detail))


def _sanity(device: Device, backends: Backends, folder: str, offline: bool) -> Finding:
    if isinstance(device, RemoteDevice) and not device.local and (offline or device.paid):
        reason = "--offline" if offline else "it would cost money"
        return Finding("Bell state", "ok", f"not run: {reason}")
    if device.max_wires is not None and device.max_wires < 2:
        return Finding("Bell state", "ok", "not run: the device has one qubit")
    device.unwrapped.prepare(gradients=True)  # so that no later verb has to
    try:
        return judge(device, bell_values(device))
    except JobsPending as error:
        cancel_jobs(folder, None, backends)
        return Finding("Bell state", "warning", f"{error.reason}, so it was cancelled; try later")


def _seed(
    backends: Backends, name: str, registry: Registry, options: Options, device: Device
) -> Finding:
    """Whether a seed repeats the draws: opened twice, rows of a value that is all chance."""
    if device.shots is None:
        kind = "exact" if device.noise_model() is None else "noisy, without shots"
        return Finding("seed", "ok", f"values are {kind}: nothing is drawn")
    seed = getattr(options, "seed", None)
    if seed is None:
        return Finding("seed", "ok", "none is set: every call draws anew")
    first, again = (bell_values(open_named(backends, name, registry), rows=8) for _ in range(2))
    if bool((first == again).all()):
        return Finding("seed", "ok", f"{seed} is honoured: a second opening draws the same")
    return Finding(
        "seed",
        "failed",
        f"{seed} is not honoured: a second opening draws otherwise; leave it out",
    )
