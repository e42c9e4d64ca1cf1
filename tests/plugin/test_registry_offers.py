"""Names that a plugin offers with the places of component and options."""

import sys

import pytest

from qfusion_core import InputError, Offer, Registry
from qfusion_core.plugin.registry import KINDS

GOOD = "Offer('acme_fusion:Named', 'acme_options:Soft')"


def test_a_name_is_known_before_its_component_is_imported(install):
    registry = install(f"{{'named': {GOOD}}}")
    assert "named" in registry.names("fusion")
    assert registry.provider("fusion", "named").distribution == "acme"
    assert not {"acme_options", "acme_fusion"} & sys.modules.keys()
    options = registry.options("fusion", "named")
    assert options(steps=3).steps == 3
    assert "acme_fusion" not in sys.modules
    component = registry.get("fusion", "named")
    assert (component.__module__, component.Options) == ("acme_fusion", options)


@pytest.mark.parametrize(
    ("offers", "reason"),
    [
        ("{'named': 'acme_fusion:Named'}", "expected qfusion_core.Offer(component, options), got"),
        (
            "{'named': Offer('acme_fusion.Named', 'acme_options:Soft')}",
            "expected a place such as my_plugin.fusion:Gated, got 'acme_fusion.Named'",
        ),
        (
            "{'named': Offer('acme_fusoin:Named', 'acme_options:Soft')}",
            "acme_fusoin:Named: there is no module 'acme_fusoin'",
        ),
        (
            "{'named': Offer('acme_fusion:Named', 'acme.options:Soft')}",
            "acme.options:Soft: there is no module 'acme.options'",
        ),
        (
            "{'named': Offer('acme_fusion:Named', 'acme_options.inner:Soft')}",
            "acme_options.inner:Soft: there is no module 'acme_options.inner'",
        ),
        (
            "{'named': Offer('acme_package.inner.fusoin:Named', 'acme_options:Soft')}",
            "acme_package.inner.fusoin:Named: there is no module 'acme_package.inner.fusoin'",
        ),
        (
            "{'named': Offer('.acme_fusion:Named', 'acme_options:Soft')}",
            "expected a place such as my_plugin.fusion:Gated, got '.acme_fusion:Named'",
        ),
    ],
)
def test_an_offer_that_cannot_be_is_listed_with_its_reason(install, offers, reason):
    registry = install(offers)
    (offer,) = (each for each in registry.offers("fusion") if each.name == "named")
    assert (offer.status, offer.failure.startswith(reason)) == ("failed", True)
    with pytest.raises(InputError) as refused:
        registry.options("fusion", "named")
    start = f"fusion 'named' of acme 1.0 (entry point 'acme'): {reason}"
    assert str(refused.value).startswith(start)
    assert "acme_fusion" not in sys.modules


@pytest.mark.parametrize(
    ("name", "offer", "reason"),
    [
        (
            "renamed",
            GOOD,
            "acme_fusion:Named has the name 'named'; offer it under that",
        ),
        (
            "other",
            "Offer('acme_fusion:Other', 'acme_options:Soft')",
            "the options of acme_fusion:Other are not acme_options:Soft; offer their place",
        ),
        (
            "soft",
            "Offer('acme_options:Soft', 'acme_options:Soft')",
            "expected a subclass of qfusion_core.Fusion, got <class 'acme_options.Soft'>",
        ),
        (
            "none",
            "Offer('acme_fusion:Nmaed', 'acme_options:Soft')",
            "acme_fusion:Nmaed failed to load: AttributeError: module 'acme_fusion' has no",
        ),
        (
            "broken",
            "Offer('acme_broken:Named', 'acme_options:Soft')",
            "acme_broken:Named failed to load: RuntimeError: not today",
        ),
    ],
)
def test_a_component_that_is_not_what_was_offered_is_refused(install, name, offer, reason):
    with pytest.raises(InputError) as refused:
        install(f"{{{name!r}: {offer}}}").get("fusion", name)
    assert str(refused.value).startswith(
        f"fusion {name!r} of acme 1.0 (entry point 'acme'): {reason}"
    )


def test_options_that_fail_to_load_are_refused_with_their_place(install):
    registry = install("{'named': Offer('acme_fusion:Named', 'acme_broken:Soft')}")
    with pytest.raises(InputError, match="acme_broken:Soft failed to load: RuntimeError: not tod"):
        registry.options("fusion", "named")


def test_a_name_that_is_no_name_is_listed(install):
    registry = install(f"{{4: {GOOD}, '': {GOOD}}}")
    reasons = [each.failure for each in registry.offers("fusion") if each.failure]
    assert reasons == [f"expected the component's name, got {name}" for name in ("4", "''")]


def test_the_name_of_the_cores_own_device_cannot_be_offered(install):
    registry = install(f"{{'pool': {GOOD}}}", kind="device")
    with pytest.raises(InputError, match="the name 'pool' is the core's own; rename it"):
        registry.get("device", "pool")


def test_a_name_of_ours_that_is_offered_clashes(install):
    registry = install(f"{{'concat': {GOOD}}}")
    assert registry.get("fusion", "concat").__module__ == "qfusion_fusions.concat"
    assert "acme_plugin" in sys.modules and "acme_fusion" not in sys.modules
    (theirs,) = (o for o in registry.offers("fusion") if o.plugin.distribution == "acme")
    assert theirs.status == "clash"


def test_ours_are_offered_by_name_and_are_what_is_offered():
    registry = Registry()
    ours = [each for kind in KINDS for each in registry.offers(kind) if each.plugin.built_in]
    assert {each.kind for each in ours} == {*KINDS} - {"engine"}
    for each in ours:
        assert isinstance(each.offered, Offer), each
        assert (each.component.name, each.component.Options) == (each.name, each.options)
