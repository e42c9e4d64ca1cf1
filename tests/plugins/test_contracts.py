"""Every component that is installed, third parties' included, keeps the contract of its kind."""

from __future__ import annotations

import pytest

from qfusion_core import Registry
from qfusion_core.plugin.registry import KINDS
from qfusion_core.testing import CONTRACTS

OFFERS = [offer for kind in KINDS for offer in Registry().offers(kind)]


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: f"{offer.kind}-{offer.name}")
def test_offer_is_usable(offer):
    assert offer.failure is None


def test_each_kind_has_a_contract():
    assert set(CONTRACTS) == set(KINDS)


for _offer in OFFERS:
    _title = f"Test_{_offer.kind}_{_offer.name}".replace("-", "_")
    globals()[_title] = type(
        _title, (CONTRACTS[_offer.kind],), {"component": _offer.component, "__module__": __name__}
    )
