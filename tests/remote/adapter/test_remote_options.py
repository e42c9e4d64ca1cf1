"""Options of every remote device: how long is waited, and how long nothing is sent again."""

import pytest
from pydantic import ValidationError

from qfusion_core import Options, QfusionError
from qfusion_core.remote.options import RemoteOptions
from qfusion_queue import Queue


@pytest.fixture(autouse=True)
def shipped(monkeypatch):
    """The margin that users have; the other tests here have none."""
    monkeypatch.setattr(RemoteOptions, "margin_seconds", 30.0)


def test_grace_and_lease_are_longer_than_a_request_by_default():
    known = RemoteOptions()
    assert (known.request_seconds, known.grace_seconds, known.lease_seconds) == (120, 150, 600)
    slow = RemoteOptions(request_seconds=900)
    assert (slow.grace_seconds, slow.lease_seconds) == (930, 930)


@pytest.mark.parametrize("name", ["grace_seconds", "lease_seconds"])
def test_a_grace_or_a_lease_shorter_than_a_request_is_refused(name):
    assert getattr(RemoteOptions(**{"request_seconds": 10, name: 40}), name) == 40
    with pytest.raises(ValidationError, match=r"at least request_seconds \+ 30 = 40, got 39.5"):
        RemoteOptions(**{"request_seconds": 10, name: 39.5})


def test_an_adapter_whose_options_do_not_say_how_it_is_waited_for_is_a_fault_of_its_plugin():
    class Impatient(Queue):
        Options = Options

    with pytest.raises(QfusionError, match="device 'queue': expected options of a subclass of Rem"):
        Impatient(Impatient.Options(), None)
