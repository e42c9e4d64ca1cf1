"""Which measurement is the one that was asked for: an upgrade buys nothing."""

import hashlib
import json

import pytest
from pydantic import Field

from qfusion_core import Measurement
from qfusion_core.options import Options, values_digests
from qfusion_core.remote.adapter.binding import Binding
from qfusion_core.remote.money.budget import Budget
from qfusion_queue import Queue
from support.journals import writing
from support.keys import QUEUE as SECRET
from support.remote_circuit import QUICK


class Newer(Queue):
    """As a later release would have it: with one more option that changes values."""

    class Options(Queue.Options):
        first_options = frozenset({"url", "shots", "rows_per_job"})

        mitigation: str = Field("none", description="of readout errors")

    options: Options


class Other(Newer):
    """Another default that changes values, so another version."""

    class Options(Newer.Options):
        values_version = 2

        mitigation: str = Field("all", description="of readout errors")


@pytest.fixture
def newer(machine, tmp_path):
    """A device of a later release, on the same run."""

    def _newer(kind=Newer, **options):
        known = {"url": machine.url, "rows_per_job": 1, **QUICK, **options}
        device = kind(kind.Options(**known), Queue.Credentials(token=SECRET))
        measurement = Measurement(tmp_path / "run", "evaluate", approve=True)
        device.bound = Binding("queue", Budget(max_jobs=1000), measurement)
        return device

    return _newer


def as_the_first_release_wrote_it(journal, machine):
    """The digest that 3670349 made: of all options that change values, at their defaults, too."""
    options = {"url": machine.url, "shots": 1000, "rows_per_job": 1}
    canonical = json.dumps([1, "queue", options], sort_keys=True)
    with writing(journal) as db:
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        db.execute("UPDATE measurement SET options = ?", (digest,))


def test_an_option_that_a_release_adds_buys_nothing(measure, newer, forward, machine):
    measure()
    forward(newer())
    assert len(machine.jobs) == 3
    forward(newer(mitigation="all"))
    assert len(machine.jobs) == 6


def test_a_default_that_changes_is_another_measurement(newer, forward, machine):
    forward(newer())
    forward(newer(Other))
    assert len(machine.jobs) == 6


@pytest.mark.parametrize("again", ["as it was", "with one more option"])
def test_a_measurement_of_the_first_release_is_recognised(
    measure, newer, forward, machine, journal, again
):
    measure()
    as_the_first_release_wrote_it(journal, machine)
    measure() if again == "as it was" else forward(newer())
    assert len(machine.jobs) == 3
    assert len(journal.measurements()) == 1


def test_values_of_the_first_release_are_none_with_an_option_that_it_did_not_know(
    measure, newer, forward, machine, journal
):
    measure()
    as_the_first_release_wrote_it(journal, machine)
    forward(newer(mitigation="all"))
    assert len(machine.jobs) == 6


def test_what_the_first_release_left_open_is_gone_on_with(
    measure, machine, journal, failure, connect, forward, tmp_path
):
    from qfusion_core.remote.errors import JobsPending

    machine.seconds = 60
    failure(JobsPending, measure, timeout_seconds=0)
    as_the_first_release_wrote_it(journal, machine)
    machine.seconds = 0
    measure()
    assert len(machine.jobs) == 3


def test_a_single_call_that_the_first_release_left_open_is_taken_up(
    connect, forward, machine, tmp_path
):
    from qfusion_core.remote.errors import JobsPending

    run, machine.seconds = Measurement(tmp_path / "run"), 60
    with pytest.raises(JobsPending):
        forward(connect(run, timeout_seconds=0))
    as_the_first_release_wrote_it(run.journal, machine)
    machine.seconds = 0
    forward(connect(Measurement(tmp_path / "run")))
    assert len(machine.jobs) == 3


@pytest.mark.parametrize(
    ("device", "options", "digest"),
    [
        (
            "ibm",
            {"backend": "ibm_manila", "shots": 100, "rows_per_job": 1},
            "47f5f39b6aa6d6d9ad7c04a558eaa8350b4256974a58114fc85de9aa9b5c334a",
        ),
        (
            "ibm",
            {"backend": "ibm_fez", "shots": 4096, "mode": "batch"},
            "a3935e3ddff8aca6dd585773cf3643be3f7a9e79c76e2a663c0dcdeab592de96",
        ),
        (
            "braket",
            {"device": "iqm/Garnet", "shots": 100, "rows_per_job": 1},
            "381b883edf51809c0384b3744008aafa8180b051e399fe2b9de5e444971daedd",
        ),
        (
            "braket",
            {"device": "ionq/Forte-1", "shots": 500},
            "d5397a7abf3ec67683aafbb7d8adeea823c8d6bbfc88594db1f9ffeaee502c5c",
        ),
    ],
)
def test_digests_of_the_first_release(device, options, digest):
    """As 3670349 computed them."""
    from qfusion_core.plugin.registry import Registry

    kind = Registry().get("device", device)
    assert values_digests(device, kind.Options(**options))[1] == digest


def test_a_new_measurement_beside_one_that_is_open_is_said(measure, machine, failure):
    from qfusion_core.remote.errors import JobsPending

    machine.seconds = 60
    failure(JobsPending, measure, timeout_seconds=0)
    machine.seconds, said = 0, []
    measure(shots=50, say=said.append)
    (line,) = said
    assert "with 3 job(s) at the provider is open, of backend 'queue' with other options" in line
    assert "`qfusion jobs list " in line


def test_a_device_without_options_has_the_digest_of_the_first_release_too():
    first = hashlib.sha256(b'[1, "plain", {}]').hexdigest()
    assert values_digests("plain", Options()) == (values_digests("plain", Options())[0], first)
