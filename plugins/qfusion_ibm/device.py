"""The device `ibm`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from torch import Tensor
from typing_extensions import override

import qfusion_core
from qfusion_core import (
    Charge,
    Circuit,
    Finding,
    Job,
    NoiseParameters,
    Price,
    Range,
    Result,
    SiteDevice,
    commuting_groups,
    tiles,
)
from qfusion_ibm import options as ours
from qfusion_ibm.connection import require_credentials
from qfusion_ibm.execution_counts import CircuitRuns, most_rows, runs_of
from qfusion_ibm.listed_site import ListedSite
from qfusion_ibm.local_site import LocalSite
from qfusion_ibm.offline_site import OfflineSite
from qfusion_ibm.pricing import PriceList
from qfusion_ibm.programs import FACT, program_facts, program_of, require_twirling
from qfusion_ibm.provider_estimate import seconds_by_dry_run
from qfusion_ibm.provider_site import RuntimeSite
from qfusion_ibm.sdk_version import PACKAGE, finding, installed, require_client
from qfusion_ibm.site import Site
from qfusion_ibm.snapshot_noise import figures
from qfusion_ibm.snapshots import AER, is_local, open_local, snapshot_of


class IBM(SiteDevice):
    """A machine of IBM's, or a snapshot of one that runs here: one job for a batch.

    The traced circuit is transpiled once; a job is one PUB, with a matrix of angles and all
    observables, for the program that the installed client knows (see `qfusion_ibm.programs`).
    """

    name = "ibm"
    Options = ours.Options
    Credentials = ours.Credentials
    tells_unknown = True
    says_when_it_posts = True

    options: ours.Options
    site: Site

    @classmethod
    def example(cls) -> ours.Options:
        """Aer without noise."""
        return cls.Options(backend="aer", shots=4096, seed=1)

    def __init__(
        self,
        options: ours.Options,
        credentials: ours.Credentials | None = None,
        site: Site | None = None,
    ) -> None:
        """Open it; ``site`` is where jobs run, by default what the options say."""
        require_client()
        super().__init__(options, credentials)
        self.local = is_local(options.backend)
        self.paid = not self.local
        self.mitigates = options.trex or options.zne
        self.shots = options.draws
        if site is None and self.local:
            site = LocalSite(options)
        self.site = site or RuntimeSite(options, require_credentials(options, credentials))
        self._seconds_missed = False  # and said so

    @classmethod
    def runs_here(cls, options: qfusion_core.Options) -> bool:
        """Snapshots, and Aer."""
        assert isinstance(options, ours.Options)
        return is_local(options.backend)

    @classmethod
    def offline(cls, options: qfusion_core.Options) -> IBM | None:
        """Of a machine that the SDK brings a snapshot of: transpiled for that."""
        assert isinstance(options, ours.Options)
        snapshot = snapshot_of(options.backend)
        if snapshot is None:
            return None
        site = OfflineSite(options, snapshot)
        device = cls(options, site=site)
        device.known_from = f"the SDK's snapshot {snapshot} (as of {site.as_of})"
        return device

    @classmethod
    def listed_as(cls, options: qfusion_core.Options) -> str:
        """By the name that IBM gives it."""
        assert isinstance(options, ours.Options)
        return options.backend

    @classmethod
    def from_list(cls, options: qfusion_core.Options, found: qfusion_core.Listed) -> IBM:
        """Limits of the list; nothing is transpiled."""
        assert isinstance(options, ours.Options)
        return cls(options, site=ListedSite(options, found))

    @classmethod
    def lacks_credentials(cls, options: qfusion_core.Options, given: Collection[str]) -> str | None:
        """A machine needs both."""
        assert isinstance(options, ours.Options)
        absent = {"token": "QISKIT_IBM_TOKEN", "instance": "QISKIT_IBM_INSTANCE"}
        lacking = [f"{k}: {{$env: {v}}}" for k, v in absent.items() if k not in given]
        if is_local(options.backend) or not lacking:
            return None
        return f"add credentials: {{{', '.join(lacking)}}}"

    @classmethod
    def packages(cls, options: qfusion_core.Options) -> tuple[str, ...]:
        """The SDK, Qiskit, and Aer for what runs here; all come with the extra ``ibm``."""
        assert isinstance(options, ours.Options)
        aer = ("qiskit-aer",) if is_local(options.backend) else ()
        return ("qiskit-ibm-runtime", "qiskit", *aer)

    @cached_property
    def _prices(self) -> PriceList:
        return PriceList.read()

    def plan(self, circuit: Circuit, angles: Tensor, observables: Sequence[str]) -> list[Job]:
        """All rows in one job, as far as the machine takes them."""
        machine = self.site.machine(None, circuit.n_wires)
        machine.require_qubits(circuit.n_wires)
        settings = len(commuting_groups(observables))
        limits = [] if machine.max_circuits is None else [max(1, machine.max_circuits // settings)]
        facts: dict[str, object] = {"machine": machine.name, "settings": settings}
        template = self.site.template(circuit, machine)
        program = program_facts(template.gates)
        if program:
            require_twirling(self.options)
            limits.append(most_rows(machine.qubits, settings, self.options))
        facts |= {**template.facts, **program}
        if circuit.n_angles and not template.isa.parameters:
            facts["constant"] = True  # its angles change nothing, the transpiler found
        rows = self.options.rows_per_job or min(limits, default=None)
        return tiles(circuit, angles, observables, rows=rows, facts=facts)

    def price(self, job: Job) -> Price:
        """See ``prices.yaml``; a simulation is free."""
        executions = job.shape[0] * job.facts["settings"]
        if self.local:
            runs = CircuitRuns(executions, self.options.draws)
            if FACT in job.facts:
                runs = runs_of(executions, self.options)
            shots = runs.executions * runs.draws
            return Price(runs.executions, shots, 1, Range(0, 0), Range(0, 0))
        if FACT in job.facts:
            return self._prices.counted(runs_of(executions, self.options))
        return self._prices.price(executions, self.options)

    @override
    def max_seconds(self, job: Job) -> int | None:
        """QPU seconds after which IBM is to end a job: at the latest where the budget ends."""
        usd, seconds = self.allowance(job)
        rate = self._prices.usd_per_second.high
        limits = [self.options.max_execution_time, seconds, usd / rate if usd and rate else None]
        set_limits = [limit for limit in limits if limit is not None]
        return max(1, min(10800, int(min(set_limits)))) if set_limits and not self.local else None

    def fetch(self, job: Job, job_id: str) -> Result:
        """Values and standard errors, as IBM returned them; dollars for the seconds that it tells.

        Not in a session, where the time between jobs is billed, too.
        """
        result = self.site.fetch(job, job_id)
        seconds, usd = result.qpu_seconds, None
        if seconds is None and not self.local and not self._seconds_missed:
            self._seconds_missed = True
            self.bound.measurement.say(
                f"{self.bound.backend}: IBM tells no QPU seconds yet (job {job_id}): what was "
                "reserved stays counted"
            )
        if seconds is not None and self.options.mode != "session":
            usd = self._prices.usd(Range(seconds, seconds))
        return replace(result, usd=usd)

    def read(self, job: Job, raw: bytes) -> Tensor:
        """Values of a reply, such as the journal keeps, computed again: see `Site.read`."""
        return self.site.read(job, raw)

    def charged(self, job_id: str) -> Charge | None:
        """Of a job that ran too long, say: IBM bills what it has used, and may tell it later."""
        seconds, pending = self.site.usage(job_id)
        if seconds is None and pending:
            return Charge(None, None)
        return Charge(seconds, self._prices.usd(Range(seconds, seconds))) if seconds else None

    def client(self) -> str:
        """IBM's SDK, with its version."""
        return f"{PACKAGE} {installed()}"

    def ask(self, job: Job, again: Callable[..., Any]) -> Price:
        """By IBM's dry run, which takes no QPU time."""
        site = self.site
        if not isinstance(site, RuntimeSite) or not site.asks:
            return super().ask(job, again)
        machine = site.machine(job.facts["machine"], job.circuit.n_wires)
        pub = site.template(job.circuit, machine).pub(job.angles, job.observables)
        program = program_of(job.facts)
        seconds = seconds_by_dry_run(site, machine, program, pub, self.options, again)
        return self._prices.after_dry_run(self.price(job), machine.name, seconds)

    @classmethod
    def at_rest(cls, options: qfusion_core.Options) -> list[Finding]:
        """Which client is in use."""
        return [finding()]

    def snapshot(self) -> IBM | None:
        """The snapshot that the SDK brings of this machine; else the machine as calibrated today.

        The latter is asked of IBM, which is free. It draws from a seed, so that a dry run repeats.
        None for Aer.
        """
        name = snapshot_of(self.options.backend)
        if name is None and self.local:
            return None
        options = self.options.model_copy(update={"backend": name or AER, "seed": 1})
        site = LocalSite(options, self.site.machine(None, 2)) if name is None else None
        return IBM(options, site=site)

    def condition(self) -> dict[str, str]:
        """Of the machine that is named; of any that will do, nothing."""
        if self.options.backend == "least-busy":
            return {}
        machine = self.site.machine(None, 1)
        return {"machine": machine.name, "calibrated": machine.calibrated}

    def noise_model(self) -> NoiseParameters | None:
        """Means over the working qubits and couplings of the snapshot; None where there is none."""
        name = snapshot_of(self.options.backend)
        return None if name is None else figures(open_local(name).properties(), self.options.draws)
