"""A component that is offered under another name, or with other options, fails its contract."""

import importlib

import pytest

from qfusion_core.testing import CONTRACTS, FusionContract

SOFT = "'acme_options:Soft'"


def check(component="Named"):
    component = getattr(importlib.import_module("acme_fusion"), component)
    type("Contract", (FusionContract,), {"component": component})().test_its_offer_is_of_it()


@pytest.mark.parametrize(
    ("offers", "component"),
    [
        (f"{{'named': Offer('acme_fusion:Named', {SOFT})}}", "Named"),
        ("[__import__('acme_fusion').Named]", "Named"),
        # what is wrong with others is their contracts' to say
        (f"{{'named': Offer('acme_fusion:Named', {SOFT}), 'x': Offer('acme_broken:F', {SOFT})}}",
         "Named"),
        (f"{{'named': Offer('acme_fusion:Named', {SOFT})}}", "Other"),
    ],
)  # fmt: skip
def test_an_offer_that_agrees_keeps_the_contract(install, offers, component):
    install(offers)
    check(component)


@pytest.mark.parametrize(
    ("offers", "component", "said"),
    [
        (
            f"{{'renamed': Offer('acme_fusion:Named', {SOFT})}}",
            "Named",
            "acme_fusion:Named has the name 'named'; offer it under that",
        ),
        (
            f"{{'other': Offer('acme_fusion:Other', {SOFT})}}",
            "Other",
            "the options of acme_fusion:Other are not acme_options:Soft; offer their place",
        ),
        (
            "{'named': Offer('acme_fusion:Named', 'acme_options:qfusion_core')}",
            "Named",
            "acme_options:qfusion_core: expected a subclass of qfusion_core.Options, got <module",
        ),
        (
            f"{{'named': Offer('acme_fusion:Nmaed', {SOFT})}}",
            "Named",
            "acme_fusion:Nmaed failed to load: AttributeError",
        ),
        (
            "{'named': Offer('acme_fusion:Named', 4)}",
            "Named",
            "expected a place such as my_plugin.fusion:Gated, got 4",
        ),
        (
            f"{{'named': Offer('acme_fusion:Twin', {SOFT})}}",
            "Named",
            "under the name 'named', which is that of <class 'acme_fusion.Named'>; offer each",
        ),
    ],
)
def test_an_offer_that_does_not_agree_breaks_the_contract(install, offers, component, said):
    install(offers)
    with pytest.raises(AssertionError) as broken:
        check(component)
    assert said in str(broken.value)


def test_every_contract_asks_for_it():
    assert all(hasattr(contract, "test_its_offer_is_of_it") for contract in CONTRACTS.values())
