"""The device `braket`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from importlib.metadata import version

from torch import Tensor

import qfusion_core
from qfusion_braket import options as ours
from qfusion_braket import plan
from qfusion_braket.credential_chain import has_credentials
from qfusion_braket.device_names import address_of
from qfusion_braket.listed_site import ListedSite
from qfusion_braket.local_site import LocalSite
from qfusion_braket.offline_site import OfflineSite
from qfusion_braket.pricing import PriceList
from qfusion_braket.provider_site import AwsSite
from qfusion_braket.site import Site
from qfusion_core import (
    Circuit,
    Job,
    NoiseParameters,
    Price,
    Range,
    SiteDevice,
)


class Braket(SiteDevice):
    """A QPU or simulator at Amazon Braket, or one that runs here: the fewest tasks for a batch.

    Each gate angle is an input of one OpenQASM program; a program set runs it with all rows and
    measurement settings in one task, where the device takes them.
    """

    name = "braket"
    Options = ours.Options
    Credentials = ours.Credentials
    tells_unknown = True
    says_when_it_posts = True

    options: ours.Options
    site: Site
    snapshot_advice = (
        "to have one, save its properties (`qfusion backends save`) and name the file in the "
        "option properties; "
    )

    @classmethod
    def example(cls) -> ours.Options:
        """The simulator on this machine, exact."""
        return cls.Options(device="local")

    def __init__(
        self,
        options: ours.Options,
        credentials: ours.Credentials | None = None,
        site: Site | None = None,
    ) -> None:
        """Open it; ``site`` is where tasks run, by default what the options say."""
        super().__init__(options, credentials)
        self.local = options.is_local
        self.paid = not self.local
        self.shots = options.shots
        self.max_pending = None if self.local else options.max_parallel
        if site is None:
            site = LocalSite(options) if self.local else AwsSite(options, credentials)
        self.site = site

    @classmethod
    def runs_here(cls, options: qfusion_core.Options) -> bool:
        """The simulators on this machine, and emulated devices."""
        assert isinstance(options, ours.Options)
        return options.is_local

    @classmethod
    def offline(cls, options: qfusion_core.Options) -> Braket | None:
        """Of a device whose properties are saved (option `properties`)."""
        assert isinstance(options, ours.Options)
        return None if options.properties is None else cls(options, site=OfflineSite(options))

    @classmethod
    def listed_as(cls, options: qfusion_core.Options) -> str:
        """By its short name."""
        assert isinstance(options, ours.Options)
        return "" if options.device is None else address_of(options.device, options.region).short

    @classmethod
    def from_list(cls, options: qfusion_core.Options, found: qfusion_core.Listed) -> Braket:
        """Limits and price of the list."""
        assert isinstance(options, ours.Options)
        return cls(options, site=ListedSite(options, found))

    @classmethod
    def packages(cls, options: qfusion_core.Options) -> tuple[str, ...]:
        """The SDK, and what an emulated device is compiled with; all come with ``braket``."""
        assert isinstance(options, ours.Options)
        more = () if options.emulate is None else ("qiskit-braket-provider",)
        return ("amazon-braket-sdk", *more)

    @classmethod
    def lacks_credentials(cls, options: qfusion_core.Options, given: Collection[str]) -> str | None:
        """AWS's own chain is looked at, too, but for what only a request would tell."""
        assert isinstance(options, ours.Options)
        if options.is_local or "access_key_id" in given or has_credentials(options.profile):
            return None
        return (
            "AWS_ACCESS_KEY_ID is not set and ~/.aws has none; a role of this machine is found by "
            "--check"
        )

    @cached_property
    def _prices(self) -> PriceList:
        return PriceList.read()

    def plan(self, circuit: Circuit, angles: Tensor, observables: Sequence[str]) -> list[Job]:
        """The fewest tasks that the device takes; everything at once where it runs here."""
        machine = self.site.machine()
        machine.require_fit(circuit.n_wires, self.options.shots, self.options.qubits)
        return plan.jobs(
            circuit,
            angles,
            observables,
            machine,
            shots=self.options.shots,
            rows=self.options.rows_per_job,
            facts={"machine": machine.name, **self.site.facts(circuit, observables)},
        )

    def price(self, job: Job) -> Price:
        """As the device states it, and ``prices.yaml`` where it does not; a local run is free."""
        executions = job.shape[0] * job.facts["settings"]
        if self.local:
            return Price(executions, executions * (self.shots or 0), 1, Range(0, 0), Range(0, 0))
        return self._prices.price(self.site.machine(), job, self.shots)

    def client(self) -> str:
        """What sends tasks: AWS's own SDK, without Braket's."""
        return f"boto3 {version('boto3')}"

    def condition(self) -> dict[str, str]:
        """As the device tells it, or its saved properties."""
        machine = self.site.machine()
        return {"machine": machine.name, "calibrated": machine.note}

    def noise_model(self) -> NoiseParameters | None:
        """As given for `local-dm`, or as a device's saved properties tell it."""
        snapshot = self.snapshot()
        return self.site.noise() if snapshot is None else snapshot.noise_model()

    def snapshot(self) -> Braket | None:
        """Emulated from saved properties, if the option `properties` names them."""
        chosen = self.options
        if chosen.properties is None:
            return None
        names = ("shots", "qubits", "optimization_level", "layout_seed")
        same = {name: getattr(chosen, name) for name in names}
        return Braket(self.Options(emulate=chosen.properties, **same))
