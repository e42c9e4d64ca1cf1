"""Plugins of the first release, not changed since, still keep their contracts."""

from __future__ import annotations

import pytest

from machine import Machine
from qfusion_core import Registry
from qfusion_core.testing import FusionContract, RemoteDeviceContract
from support.places import THIRD_PARTY

OLD = THIRD_PARTY / "of_0_1"


@pytest.fixture(autouse=True, scope="module")
def installed():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(OLD)
        yield Registry()


@pytest.mark.parametrize(("kind", "name"), [("fusion", "film"), ("device", "queue")])
def test_they_are_found_by_entry_point(installed, kind, name):
    component = installed.get(kind, name)
    assert component.__module__ == f"{name}_of_0_1"
    (offer,) = (each for each in installed.offers(kind) if each.name == name)
    assert str(offer.plugin) == f"acme-of-0-1 0.1.0 (entry point {name!r})"
    assert offer.status == "ready"


class TestFilm(FusionContract):
    @pytest.fixture(autouse=True)
    def _component(self, installed):
        type(self).component = installed.get("fusion", "film")


class TestQueue(RemoteDeviceContract):
    @pytest.fixture(autouse=True)
    def _machine(self, installed):
        type(self).component = installed.get("device", "queue")
        with Machine().running() as self.url:
            yield

    def options(self):
        return self.component.Options(url=self.url, shots=20000, rows_per_job=5, poll_seconds=0.002)

    def connect(self):
        return self.component(self.options(), self.component.Credentials(token="let-me-in"))
