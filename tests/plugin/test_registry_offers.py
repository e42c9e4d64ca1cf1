"""Names that a plugin offers with the places of component and options."""

import sys

import pytest

from qfusion_core import InputError, Offer, Registry
from qfusion_core.plugin.registry import KINDS

OPTIONS = """
from pydantic import Field
import qfusion_core

class Soft(qfusion_core.Options):
    steps: int = Field(2, description="how many")
"""
FUSION = """
import acme_options
import qfusion_core
from acme_options import Soft

class Named(qfusion_core.Fusion):
    name = "named"
    Options = Soft

    def forward(self, classical, quantum):
        return qfusion_core.FusionOutput(classical.flatten(1))

class Other(Named):
    name = "other"
    Options = qfusion_core.Options
"""
PLUGIN = """
import qfusion_core
from qfusion_core import Offer

@qfusion_core.hookimpl
def qfusion_{kind}s():
    return {offers}
"""
GOOD = "Offer('acme_fusion:Named', 'acme_options:Soft')"


@pytest.fixture
def install(tmp_path, monkeypatch):
    """A registry that sees our plugins and one that offers this."""

    def _install(offers, kind="fusion"):
        info = tmp_path / "acme-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[qfusion]\nacme = acme_plugin\n")
        (tmp_path / "acme_options.py").write_text(OPTIONS)
        (tmp_path / "acme_fusion.py").write_text(FUSION)
        (tmp_path / "acme_broken.py").write_text("raise RuntimeError('not today')")
        (tmp_path / "acme_plugin.py").write_text(PLUGIN.format(kind=kind, offers=offers))
        monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
        return Registry()

    yield _install
    for name in [each for each in sys.modules if each.startswith("acme_")]:
        del sys.modules[name]


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
