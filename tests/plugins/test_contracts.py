"""Every component that is installed, third parties' included, keeps the contract of its kind."""

from __future__ import annotations

import pytest

from qfusion_core import Registry
from qfusion_core.plugin.registry import KINDS
from qfusion_core.testing import CONTRACTS

NEED_AN_SDK = {"braket", "ibm"}
NEEDS_A_RUN = "surrogate"  # of one circuit with its weights: see tests/surrogate/test_device.py
PROMISES = [
    (kind, promise)
    for kind, contract in CONTRACTS.items()
    for promise in dir(contract)
    if promise.startswith("test_")
]
OF_CIRCUITS = {name for name in vars(CONTRACTS["device"]) if name.startswith("test_")}
OF_DEVICES = [promise for kind, promise in PROMISES if kind == "device"]


@pytest.fixture(scope="module")
def offers():
    """What is installed, by kind."""
    registry = Registry()
    return {kind: registry.offers(kind) for kind in KINDS}


@pytest.fixture(scope="module")
def contracts(offers):
    """A contract of each component, by kind."""
    return {
        kind: [
            type(offer.name, (CONTRACTS[kind],), {"component": offer.component})
            for offer in offers[kind]
        ]
        for kind in KINDS
    }


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_offered_can_be_used(offers, kind):
    assert {offer.name: offer.failure for offer in offers[kind] if offer.failure} == {}


def test_the_contracts_are_those_of_what_is_installed(contracts):
    names = {kind: {contract.__name__ for contract in of} for kind, of in contracts.items()}
    assert {"statevector", "pennylane", "ibm", "braket"} <= names["device"]
    assert {"cross-attention", "concat"} <= names["fusion"]
    assert {"hardware-efficient", "reuploading", "sham"} <= names["quantum_encoder"]
    assert {"conv", "identity", "mlp"} <= names["classical_encoder"]
    assert {"wine", "file", "covertype"} <= names["dataset"]


def test_each_kind_has_a_contract():
    assert set(CONTRACTS) == set(KINDS)


def require_kept(promise, contracts):
    broken = []
    for contract in contracts:
        try:
            getattr(contract(), promise)()
        except Exception as error:
            error.add_note(f"of {contract.__name__!r}")
            broken.append(error)
    if broken:
        raise ExceptionGroup(promise, broken)


@pytest.mark.parametrize(("kind", "promise"), PROMISES)
def test_each_component_keeps_the_promise(contracts, kind, promise):
    left_out = NEED_AN_SDK | ({NEEDS_A_RUN} if promise in OF_CIRCUITS else set())
    require_kept(promise, [of for of in contracts[kind] if of.__name__ not in left_out])


@pytest.mark.vendor
@pytest.mark.parametrize("promise", OF_DEVICES)
def test_each_vendors_device_keeps_the_promise(contracts, promise):
    vendors = [of for of in contracts["device"] if of.__name__ in NEED_AN_SDK]
    assert len(vendors) == 2
    require_kept(promise, vendors)
