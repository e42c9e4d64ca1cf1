"""The device `ibm`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import qfusion_core
from qfusion_core import (
    Charge,
    Circuit,
    Finding,
    Job,
    JobStatus,
    MachineFacts,
    MachineList,
    NoiseParameters,
    Price,
    PriceSource,
    Range,
    RemoteDevice,
    Result,
    commuting_groups,
    tiles,
)
from qfusion_ibm import options as ours
from qfusion_ibm.circuit_runs import CircuitRuns, most_rows, runs_of
from qfusion_ibm.client import PACKAGE, finding, installed, require_client
from qfusion_ibm.connection import require_credentials
from qfusion_ibm.dry_run import seconds_by_dry_run
from qfusion_ibm.listed_site import ListedSite, Untranspiled, facts_of
from qfusion_ibm.local_site import LocalSite
from qfusion_ibm.offline_site import OfflineSite
from qfusion_ibm.preflight import findings
from qfusion_ibm.pricing import PriceList
from qfusion_ibm.programs import FACT, mark_of, program_facts, program_of, require_twirling
from qfusion_ibm.results import table
from qfusion_ibm.runtime_site import RuntimeSite
from qfusion_ibm.snapshot_noise import figures
from qfusion_ibm.snapshots import AER, is_local, open_local, snapshot_of
from qfusion_ibm.transpile_cache import TranspileCache, TranspileOptions


class IBM(RemoteDevice):
    """A machine of IBM's, or a snapshot of one that runs here: one job for a batch.

    The traced circuit is transpiled once; a job is one PUB, with a matrix of angles and all
    observables, for the program that the installed client knows (see `qfusion_ibm.programs`).

    Attributes:
        templates: What was transpiled.
    """

    name = "ibm"
    Options = ours.Options
    Credentials = ours.Credentials
    tells_unknown = True
    says_when_it_posts = True

    options: ours.Options
    machines = MachineList(
        Path(__file__).with_name("machines.yaml"), "ibm", "backend", unpriced="by the plan"
    )

    @classmethod
    def example(cls) -> ours.Options:
        """Aer without noise."""
        return cls.Options(backend="aer", shots=4096, seed=1)

    def __init__(
        self,
        options: ours.Options,
        credentials: ours.Credentials | None = None,
        site: LocalSite | RuntimeSite | None = None,
    ) -> None:
        """Open it; ``site`` is where jobs run, by default what the options say."""
        require_client()
        super().__init__(options, credentials)
        self.local = is_local(options.backend)
        self.paid = not self.local
        self.mitigates = options.trex or options.zne
        self.shots = options.draws
        self.templates = TranspileCache(
            TranspileOptions(options.optimization_level, options.layout_seed)
        )
        if site is None and self.local:
            site = LocalSite(options)
        self._said = False
        self._site = site or RuntimeSite(options, require_credentials(options, credentials))

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
        made = cls(options, site=site)
        made.known_from = f"the SDK's snapshot {snapshot} (as of {site.as_of})"
        return made

    @classmethod
    def listed_as(cls, options: qfusion_core.Options) -> str:
        """By its name."""
        assert isinstance(options, ours.Options)
        return options.backend

    @classmethod
    def from_list(cls, options: qfusion_core.Options, found: qfusion_core.Listed) -> IBM:
        """Limits of the list; nothing is transpiled."""
        assert isinstance(options, ours.Options)
        made = cls(options, site=ListedSite(options, found))
        made.templates = Untranspiled()
        return made

    @classmethod
    def lacks_credentials(cls, options: qfusion_core.Options, given: Collection[str]) -> str | None:
        """A machine needs both."""
        assert isinstance(options, ours.Options)
        absent = {"token": "QISKIT_IBM_TOKEN", "instance": "QISKIT_IBM_INSTANCE"}
        lacking = [f"{k}: {{$env: {v}}}" for k, v in absent.items() if k not in given]
        if is_local(options.backend) or not lacking:
            return None
        return f"add credentials: {{{', '.join(lacking)}}}"

    def told(self) -> MachineFacts | None:
        """Of the machine's configuration; IBM tells no price."""
        return None if self.local else facts_of(self._site.machine(None, 1))

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
        machine = self._site.machine(None, circuit.n_wires)
        machine.require_qubits(circuit.n_wires)
        settings = len(commuting_groups(observables))
        limits = [] if machine.max_circuits is None else [max(1, machine.max_circuits // settings)]
        facts: dict[str, object] = {"machine": machine.name, "settings": settings}
        template = self.templates.get(circuit, machine)
        program = program_facts(template.gates)
        if program:
            require_twirling(self.options)
            limits.append(most_rows(machine.qubits, settings, self.options))
        facts |= template.facts | program
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

    def submit(self, job: Job, key: str) -> str:
        """One PUB; the machine is that of the plan, where any would have done."""
        machine = self._site.machine(job.facts["machine"], job.circuit.n_wires)
        template = self.templates.get(job.circuit, machine)
        pub = template.pub(job.angles, job.observables)
        about = self.before_post, self.opened, self._most_seconds(job), mark_of(job)
        return self._site.submit(machine, program_of(job.facts), pub, key, *about)

    def _most_seconds(self, job: Job) -> int | None:
        """QPU seconds after which IBM is to end a job: at the latest where the budget ends."""
        usd, seconds = self.allowance(job)
        rate = self._prices.usd_per_second.high
        limits = [self.options.max_execution_time, seconds, usd / rate if usd and rate else None]
        given = [limit for limit in limits if limit is not None]
        return max(1, min(10800, int(min(given)))) if given and not self.local else None

    def find(self, key: str) -> str | None:
        """By its tag."""
        return self._site.find(key)

    def status(self, job_id: str) -> JobStatus:
        """Of one job."""
        return self._site.status(job_id)

    def fetch(self, job: Job, job_id: str) -> Result:
        """Values and standard errors, as IBM returned them; dollars for the seconds that it tells.

        Not in a session, where the time between jobs is billed, too.
        """
        program_of(job.facts)  # refused before IBM is asked
        raw = self._site.fetch(job_id)
        values, seconds, usd = self.read(job, raw), self._site.seconds(job_id), None
        if seconds is None and not self.local and not self._said:
            self._said = True
            self.bound.measurement.say(
                f"{self.bound.backend}: IBM tells no QPU seconds yet (job {job_id}): what was "
                "reserved stays counted"
            )
        if seconds is not None and self.options.mode != "session":
            usd = self._prices.usd(Range(seconds, seconds))
        return Result(values, raw, qpu_seconds=seconds, usd=usd)

    def read(self, job: Job, raw: bytes) -> Tensor:
        """Values of a reply, such as the journal keeps: computed again, and nobody is asked.

        Args:
            job: That was sent.
            raw: What IBM gave for it.

        Returns:
            ``[rows, observables]``, float64.

        Raises:
            Unreadable: It is not that of the job.
        """
        program, (rows, words) = program_of(job.facts), job.shape
        values = self._site.read(raw, program, mark_of(job))
        open_angles = bool(job.circuit.n_angles) and not job.facts.get("constant")
        return torch.from_numpy(table(values, rows, words, open_angles=open_angles, raw=raw))

    def charged(self, job_id: str) -> Charge | None:
        """Of a job that ran too long, say: IBM bills what it has used, and may tell it later."""
        if not isinstance(self._site, RuntimeSite):
            return None
        seconds, pending = self._site.usage(job_id)
        if seconds is None and pending:
            return Charge(None, None)
        return Charge(seconds, self._prices.usd(Range(seconds, seconds))) if seconds else None

    def cancel(self, job_id: str) -> None:
        """One job."""
        self._site.cancel(job_id)

    def client(self) -> str:
        """IBM's SDK."""
        return f"{PACKAGE} {installed()}"

    def account(self) -> str | None:
        """The instance, by a digest of its CRN."""
        return self._site.connection.account if isinstance(self._site, RuntimeSite) else None

    def secrets(self) -> Iterable[str]:
        """Token and instance, and the access tokens that IBM gave for them."""
        gained = self._site.tokens if isinstance(self._site, RuntimeSite) else []
        return [*super().secrets(), *gained]

    def close(self, opened: str) -> None:
        """A session or batch."""
        if isinstance(self._site, RuntimeSite):
            self._site.close(opened)

    def ask(self, job: Job, again: Callable[..., Any]) -> Price:
        """By IBM's dry run, which takes no QPU time."""
        if type(self._site) is not RuntimeSite:  # a simulation, or what is known of a machine here
            return super().ask(job, again)
        machine = self._site.machine(job.facts["machine"], job.circuit.n_wires)
        pub = self.templates.get(job.circuit, machine).pub(job.angles, job.observables)
        program = program_of(job.facts)
        seconds = seconds_by_dry_run(self._site, machine, program, pub, self.options, again)
        known, told = self.price(job), Range(seconds, seconds)
        asked = PriceSource(
            f"IBM's dry run of {machine.name}", datetime.now(UTC).date().isoformat()
        )
        rate = PriceSource(self._prices.source, self._prices.date)
        return Price(known.executions, known.shots, 1, told, self._prices.usd(told), (asked, rate))

    @classmethod
    def at_rest(cls, options: qfusion_core.Options) -> list[Finding]:
        """Which client is in use."""
        return [finding()]

    def preflight(self) -> list[Finding]:
        """Credentials, network, machine, limits, queue, seeds."""
        return findings(self.options, self._site)

    def snapshot(self) -> IBM | None:
        """The snapshot that the SDK brings of this machine; else the machine as calibrated today.

        The latter is asked of IBM, which is free. It draws from a seed, so that a dry run repeats.
        None for Aer.
        """
        name = snapshot_of(self.options.backend)
        if name is None and self.local:
            return None
        found = IBM(self.options.model_copy(update={"backend": name or AER, "seed": 1}))
        if name is None:
            found._site.simulated = self._site.machine(None, 2)
        return found

    def noise_model(self) -> NoiseParameters | None:
        """Means over the working qubits and couplings of the snapshot; None where there is none."""
        name = snapshot_of(self.options.backend)
        return None if name is None else figures(open_local(name).properties(), self.options.draws)
