"""Whatever a third party gets wrong is explained, and harms nobody else.

The distributions in tests/third_party are put on the path, as an installation would.
"""

import pytest

from qfusion_core import Fusion, InputError, Registry
from qfusion_core.plugin.registry import KINDS
from support.places import THIRD_PARTY


@pytest.fixture
def install(monkeypatch):
    """A registry that sees our plugins and the named third-party distributions."""

    def _install(*folders):
        for folder in folders:
            monkeypatch.syspath_prepend(THIRD_PARTY / folder)
        return Registry()

    return _install


def failures(registry):
    return {plugin.entry_point: plugin.failure for plugin in registry.plugins if plugin.failure}


def test_a_good_plugin_is_found_beside_ours(install):
    registry = install("good")
    assert issubclass(registry.get("fusion", "acme-mean"), Fusion)
    (offer,) = [offer for offer in registry.offers("fusion") if offer.name == "acme-mean"]
    assert (offer.status, offer.failure) == ("ready", None)
    assert str(offer.plugin) == "acme-good 1.2 (entry point 'good')"
    assert "cross-attention" in registry.names("fusion")


def test_without_the_distribution_its_component_is_unknown():
    with pytest.raises(InputError, match="unknown fusion 'acme-mean'"):
        Registry().get("fusion", "acme-mean")


@pytest.mark.parametrize("kind", KINDS)
def test_broken_plugins_do_not_take_ours_down(install, kind):
    alone = Registry().names(kind)
    assert set(alone) <= set(install("broken").names(kind))


@pytest.mark.parametrize(
    ("entry_point", "reason"),
    [
        (
            "unimportable",
            "acme_broken.unimportable failed to load: needs the module 'acme_sdk': install the "
            "package or extra that provides it",
        ),
        ("quits", "acme_broken.quits failed to load: SystemExit: acme: no licence found"),
        ("misspelt", "no hook is called 'qfusion_fusion'; did you mean 'qfusion_fusions'?"),
        (
            "unmarked",
            "acme_broken.unmarked implements no hook; mark a function such as qfusion_fusions "
            "with @qfusion_core.hookimpl",
        ),
        ("lazy", "hook qfusion_fusions failed: RuntimeError: acme: not today"),
        (
            "returns_none",
            "hook qfusion_datasets failed: TypeError: expected an iterable of classes, got None",
        ),
    ],
)
def test_a_broken_plugin_is_listed_with_its_reason(install, entry_point, reason):
    assert failures(install("broken"))[entry_point].startswith(reason)


def test_a_failing_hook_leaves_the_other_hooks_of_its_plugin(install):
    registry = install("broken")
    registry.offers("fusion")
    assert "acme-here" in registry.names("engine")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("acme-not-a-device", "expected a subclass of qfusion_core.Device, got"),
        ("acme-unfinished", "class Unfinished does not implement expectations"),
    ],
)
def test_a_component_that_breaks_the_contract_is_refused_by_name(install, name, reason):
    registry = install("broken")
    with pytest.raises(InputError) as refused:
        registry.get("device", name)
    assert str(refused.value).startswith(
        f"device {name!r} of acme-broken 0.3 (entry point 'unusable'): {reason}"
    )
    assert name not in registry.names("device")


def test_a_component_without_a_name_is_listed(install):
    reasons = [offer.failure for offer in install("broken").offers("device") if offer.failure]
    assert "class Nameless has no `name`; set name: ClassVar[str]" in reasons


def test_a_clash_names_both_distributions_whichever_comes_first(install):
    for folders in (("good", "clashing"), ("clashing", "good")):
        registry = install(*folders)
        with pytest.raises(InputError) as refused:
            registry.get("fusion", "acme-mean")
        message = str(refused.value)
        assert "acme-good 1.2 (entry point 'good')" in message
        assert "acme-clashing 2.0 (entry point 'good')" in message
        assert message.endswith("; uninstall one of them")
        assert "acme-mean" not in registry.names("fusion")
        assert issubclass(registry.get("fusion", "acme-free"), Fusion)
        statuses = {o.name: o.status for o in registry.offers("fusion")}
        assert (statuses["acme-mean"], statuses["acme-free"]) == ("clash", "ready")


def test_two_distributions_that_install_one_module_clash(install):
    with pytest.raises(InputError, match=r"offered by acme-(good|fork) .* and acme-(good|fork) "):
        install("good", "same_module").get("fusion", "acme-mean")


def test_a_distribution_seen_twice_is_no_clash(install):
    assert install("good", "good").get("fusion", "acme-mean")


def test_an_unknown_name_suggests_the_nearest_and_cites_what_failed(install):
    with pytest.raises(InputError) as refused:
        install("broken").get("fusion", "cross-atention")
    message = str(refused.value)
    start = "unknown fusion 'cross-atention'; did you mean 'cross-attention'? known: "
    assert message.startswith(start)
    assert (
        "acme-broken 0.3 (entry point 'unimportable'): acme_broken.unimportable failed" in message
    )
    assert "\n" not in message


def test_damaged_metadata_of_a_stranger_is_passed_over(install, tmp_path, monkeypatch):
    damaged = tmp_path / "stranger-1.0.dist-info"
    damaged.mkdir()
    (damaged / "METADATA").write_text("Name: stranger\nVersion: 1.0\n")
    (damaged / "entry_points.txt").write_text("[qfusion\nno = = section\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert install("good").get("fusion", "acme-mean")
