"""One bad offer harms neither the others of its plugin nor those of another."""

import sys

import pytest

from qfusion_core import InputError

GOOD = "Offer('acme_fusion:Named', 'acme_options:Soft')"


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("acme_fusion:qfusion_core", "<module 'qfusion_core' from"),
        ("acme_options:Field", "<function Field at"),
        ("pydantic:BaseModel", "<class 'pydantic.main.BaseModel'>"),
    ],
)
@pytest.mark.parametrize("asked", ["options", "get"])
def test_options_that_are_none_are_refused(install, place, found, asked):
    registry = install(f"{{'named': Offer('acme_fusion:Named', {place!r})}}")
    with pytest.raises(InputError) as refused:
        getattr(registry, asked)("fusion", "named")
    assert str(refused.value).startswith(
        f"fusion 'named' of acme 1.0 (entry point 'acme'): {place}: expected a subclass of "
        f"qfusion_core.Options, got {found}"
    )


def test_a_package_is_not_imported_to_see_that_a_module_is_in_it(install):
    """It fails when it is needed, with what is wrong with it, and alone."""
    registry = install(
        "{'inside': Offer('acme_package.inner.fusion:Named', 'acme_options:Soft'), "
        f"'named': {GOOD}}}"
    )
    statuses = {each.name: each.status for each in registry.offers("fusion")}
    assert (statuses["inside"], statuses["named"]) == ("ready", "ready")
    assert "acme_package" not in sys.modules
    assert registry.get("fusion", "named")
    with pytest.raises(InputError) as refused:
        registry.get("fusion", "inside")
    assert str(refused.value).endswith(
        "acme_package.inner.fusion:Named failed to load: needs the module "
        "'acme_sdk_that_nobody_has': install the package or extra that provides it"
    )


class Finder:
    """Of somebody else, in the way of one module."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "acme_cursed":
            raise RuntimeError("acme: lost the file")


def test_a_place_that_cannot_be_looked_up_fails_alone(install, monkeypatch):
    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    registry = install(f"{{'lost': Offer('acme_cursed:F', 'acme_options:Soft'), 'named': {GOOD}}}")
    assert registry.get("fusion", "named")
    reasons = {each.name: each.failure for each in registry.offers("fusion") if each.failure}
    assert reasons == {"lost": "RuntimeError: acme: lost the file"}


def test_a_class_that_cannot_be_looked_at_fails_alone(install, tmp_path):
    registry = install("[Odd('Odd', (), {}), __import__('acme_fusion').Named]")
    (tmp_path / "acme_plugin.py").write_text(
        "class Odd(type):\n"
        "    def __getattribute__(self, name):\n"
        "        raise RuntimeError('acme: look away')\n"
        "    def __repr__(self):\n"
        "        raise RuntimeError('acme: look away')\n"
        + (tmp_path / "acme_plugin.py").read_text()
    )
    assert registry.get("fusion", "named")
    (failed,) = (each for each in registry.offers("fusion") if each.failure)
    assert failed.failure == "RuntimeError: acme: look away"


@pytest.mark.parametrize("component", ["acme_broken:Named", "rival_fusion:Other"])
def test_one_that_does_not_load_takes_no_name_from_one_that_does(install, rival, component):
    rival(component)
    registry = install(f"{{'named': {GOOD}}}")
    assert registry.get("fusion", "named").__module__ == "acme_fusion"
    assert registry.provider("fusion", "named").distribution == "acme"
    assert "named" in registry.names("fusion")
    listed = {o.plugin.distribution: o for o in registry.offers("fusion") if o.name == "named"}
    assert (listed["acme"].status, listed["rival"].status) == ("ready", "failed")
    assert listed["rival"].failure


def test_two_that_load_clash(install, rival):
    rival("rival_fusion:Named")
    with pytest.raises(InputError, match=r"offered by .* and .*; uninstall one of them"):
        install(f"{{'named': {GOOD}}}").get("fusion", "named")


def test_where_none_of_two_loads_the_reason_of_one_is_given(install, rival):
    rival("rival_fusion:Nmaed")
    registry = install("{'named': Offer('acme_broken:Named', 'acme_options:Soft')}")
    with pytest.raises(InputError, match="failed to load: "):
        registry.get("fusion", "named")
