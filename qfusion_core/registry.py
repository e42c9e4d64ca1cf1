"""Finds components by entry point, looks one up by its name, and explains what is wrong.

Plain pluggy dies with the first plugin that fails to import, ignores a misspelt hook and lets a
later plugin of the same name win in silence. Here a bad plugin is listed with its reason, and is
cited when one of its names is asked for.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import Distribution, EntryPoint, distributions
from typing import Any, Literal, get_args

import pluggy

from qfusion_core import hookspecs
from qfusion_core.errors import InputError, did_you_mean

Kind = Literal["device", "fusion", "quantum_encoder", "classical_encoder", "dataset", "engine"]
KINDS: tuple[Kind, ...] = get_args(Kind)
GROUP = "qfusion"


@dataclass(frozen=True)
class Plugin:
    """One entry point: where it comes from, and why it cannot be used (None if it can)."""

    entry_point: str
    distribution: str
    version: str
    failure: str | None = None

    def __str__(self) -> str:
        return f"{self.distribution} {self.version} (entry point {self.entry_point!r})"


@dataclass(frozen=True)
class Offer:
    """One component that a plugin offers, with the reason why it is refused, if it is."""

    kind: Kind
    name: str
    component: type[Any]
    plugin: Plugin
    failure: str | None = None


class Registry:
    """All installed components. Making one is cheap: plugins load on first use."""

    @cached_property
    def _loaded(self) -> tuple[pluggy.PluginManager, dict[str, Plugin]]:
        manager = pluggy.PluginManager(GROUP)
        manager.add_hookspecs(hookspecs)
        plugins: dict[str, Plugin] = {}
        for distribution in distributions():
            for entry_point in distribution.entry_points.select(group=GROUP):
                key = f"{distribution.name}:{entry_point.name}"
                if key not in plugins:  # an editable install can be seen twice
                    plugins[key] = _register(manager, key, distribution, entry_point)
        return manager, plugins

    @property
    def plugins(self) -> list[Plugin]:
        """Every entry point that was found, those that failed included."""
        for kind in KINDS:
            self.offers(kind)
        return list(self._loaded[1].values())

    def offers(self, kind: Kind) -> list[Offer]:
        """Everything that plugins offer of one kind, clashing and unusable components included."""
        return self._offers.setdefault(kind, self._collect(kind))

    @cached_property
    def _offers(self) -> dict[Kind, list[Offer]]:
        return {}

    def _collect(self, kind: Kind) -> list[Offer]:
        if kind in self._offers:
            return self._offers[kind]
        manager, plugins = self._loaded
        offers: list[Offer] = []
        for implementation in getattr(manager.hook, f"qfusion_{kind}s").get_hookimpls():
            plugin = plugins[implementation.plugin_name]
            try:
                # consumed here: a generator fails where it is read, not where it is called
                found = list(implementation.function())
            except Exception as error:
                reason = f"hook qfusion_{kind}s failed: {_explain(error)}"
                plugins[implementation.plugin_name] = Plugin(
                    plugin.entry_point, plugin.distribution, plugin.version, reason
                )
                continue
            for component in found:
                name = getattr(component, "name", None)
                failure = _contract_failure(kind, component)
                shown = name if isinstance(name, str) else repr(component)
                offers.append(Offer(kind, shown, component, plugin, failure))
        return [_with_clash(offer, offers) for offer in offers]

    def names(self, kind: Kind) -> list[str]:
        """The names that `get` accepts, sorted."""
        return sorted(offer.name for offer in self.offers(kind) if offer.failure is None)

    def get(self, kind: Kind, name: str) -> type[Any]:
        """The component class of this kind and name.

        Raises:
            InputError: No plugin offers it, two do, or the one that does is broken.
        """
        label = kind.replace("_", " ")
        for offer in self.offers(kind):
            if offer.name == name:
                if offer.failure is None:
                    return offer.component
                raise InputError(f"{label} {name!r} of {offer.plugin}: {offer.failure}")
        message = f"unknown {label} {name!r}; {did_you_mean(name, self.names(kind))}"
        broken = [f"{p}: {p.failure}" for p in self._loaded[1].values() if p.failure]
        if broken:
            message += "; plugins that failed: " + " | ".join(broken)
        raise InputError(message)


def _register(
    manager: pluggy.PluginManager, key: str, distribution: Distribution, entry_point: EntryPoint
) -> Plugin:
    plugin = Plugin(entry_point.name, distribution.name, distribution.version)

    def failed(reason: str) -> Plugin:
        return Plugin(plugin.entry_point, plugin.distribution, plugin.version, reason)

    try:
        module = entry_point.load()
    except Exception as error:
        return failed(f"{entry_point.value} failed to import: {_explain(error)}")
    hooks = [f"qfusion_{kind}s" for kind in KINDS]
    for attribute in dir(module):
        if manager.parse_hookimpl_opts(module, attribute) and attribute not in hooks:
            return failed(f"no hook is called {attribute!r}; {did_you_mean(attribute, hooks)}")
    try:
        manager.register(module, name=key)
    except Exception as error:
        return failed(_explain(error))
    return plugin


def _contract_failure(kind: Kind, component: object) -> str | None:
    from qfusion_core import interfaces

    base = getattr(interfaces, "".join(part.title() for part in kind.split("_")))
    if not (inspect.isclass(component) and issubclass(component, base)):
        return f"expected a subclass of qfusion_core.{base.__name__}, got {component!r}"
    if not isinstance(getattr(component, "name", None), str):
        return f"class {component.__name__} has no `name`; set name: ClassVar[str]"
    if missing := sorted(getattr(component, "__abstractmethods__", ())):
        return f"class {component.__name__} does not implement {', '.join(missing)}"
    return None


def _with_clash(offer: Offer, offers: list[Offer]) -> Offer:
    rivals = [str(o.plugin) for o in offers if o.name == offer.name]
    if len(rivals) < 2 or offer.failure:
        return offer
    reason = f"offered by {' and '.join(rivals)}; uninstall one of them"
    return Offer(offer.kind, offer.name, offer.component, offer.plugin, reason)


def _explain(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"needs the module {error.name!r}: install the package or extra that provides it"
    return f"{type(error).__name__}: {error}".replace("\n", " ")
