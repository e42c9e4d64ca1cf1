"""``doctor``: does each backend really work, as far as can be told for free?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from qfusion_core.backends.file import Backends
from qfusion_core.config.arguments import called, require_switches, texts
from qfusion_core.plugin.registry import Registry
from qfusion_core.storage.places import expanded
from qfusion_core.workflows.result import Table, VerbResult

if TYPE_CHECKING:
    from qfusion_core.remote.machine.job import Finding


class ExaminedBackend(NamedTuple):
    """What was found of one backend."""

    name: str
    findings: Sequence[Finding]

    @property
    def status(self) -> str:
        """``failed`` where a finding is, else ``ok``."""
        return "failed" if any(finding.status == "failed" for finding in self.findings) else "ok"


@dataclass(frozen=True)
class DoctorResult(VerbResult):
    """What was found of each backend.

    Attributes:
        file: The file that they are of.
        backends: In the order in which they were named.
    """

    file: str
    backends: Sequence[ExaminedBackend]

    @property
    def failed(self) -> list[str]:
        """Names of the backends that cannot be used."""
        return [backend.name for backend in self.backends if backend.status == "failed"]

    @property
    def distrusted(self) -> bool:
        """Whether one of them was refused because its file is not trusted."""
        from qfusion_core.workflows.backend_checks import TRUST

        findings = [finding for backend in self.backends for finding in backend.findings]
        return any(finding.what == TRUST and finding.status == "failed" for finding in findings)

    def to_dict(self) -> dict[str, Any]:
        """The document of ``qfusion backends --check --json``."""
        rows = [
            {
                "name": backend.name,
                "status": backend.status,
                "findings": [finding._asdict() for finding in backend.findings],
            }
            for backend in self.backends
        ]
        return {"file": self.file, "backends": rows}

    def shown(self) -> Iterator[Table | str]:
        """A line for each finding below the name of its backend; how many failed."""
        for backend in self.backends:
            yield backend.name
            yield from map(line_of, backend.findings)
        yield self.summary()

    def summary(self) -> str:
        """How many there are, and which of them failed."""
        failures = f", {len(self.failed)} failed: {', '.join(self.failed)}" if self.failed else ""
        return f"{len(self.backends)} backend(s) in {self.file}{failures or ', all usable'}"


def line_of(finding: Finding) -> str:
    """A finding as it is shown."""
    return f"  {finding.status:8}{finding.what}: {' '.join(finding.detail.split())}"


def doctor(
    names: str | Iterable[str] = (),
    *,
    offline: bool = False,
    run: str | Path = ".",
    backends_file: str | Path | None = None,
    on_backend: Callable[[str], None] | None = None,
    on_finding: Callable[[Finding], None] | None = None,
) -> DoctorResult:
    """Examine backends: packages, credentials, the machine, a Bell state where it is free.

    Whatever a backend or its plugin does wrong is a finding, and no exception.

    Args:
        names: In ``backends.yaml``, or a single one; all if none is given.
        offline: Skip what needs the network.
        run: Folder in which jobs are to be written down.
        backends_file: Instead of the file that is found.
        on_backend: Called with a name before it is examined; None for nobody.
        on_finding: Called with each finding as it is found; None for nobody.

    Raises:
        InputError: An unknown name, or a file that cannot be read.
    """
    require_switches(offline=offline)
    tell_backend, tell = called("on_backend", on_backend), called("on_finding", on_finding)
    run, wanted = expanded(run, "run"), texts("names", names, "names in backends.yaml")
    backends, registry = Backends.read(backends_file), Registry()
    chosen = [backends.require(name) for name in dict.fromkeys(wanted or backends.entries)]

    from qfusion_core.workflows.backend_checks import examine

    examined = []
    for name in chosen:
        tell_backend(name)
        findings = []
        for finding in examine(backends, name, registry, offline=offline, run=run):
            findings.append(finding)
            tell(finding)
        examined.append(ExaminedBackend(name, findings))
    return DoctorResult(str(backends.source.path), examined)
