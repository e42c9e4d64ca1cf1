"""Looks a component up by its name, and explains what is wrong where it cannot.

Plain pluggy dies with the first plugin that fails to import, ignores a misspelt hook and lets a
later plugin of the same name win in silence. Here a bad plugin is listed with its reason, and is
cited when one of its names is asked for. Whatever it raises or prints, no verb breaks.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, get_args

import qfusion_core
from qfusion_core.errors import InputError, did_you_mean
from qfusion_core.plugin.discovery import LoadedPlugin, Plugin, explain, find, quiet
from qfusion_core.plugin.reserved import POOL
from qfusion_core.printable import one_line

Kind = Literal["device", "fusion", "quantum_encoder", "classical_encoder", "dataset", "engine"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class OfferedComponent:
    """One component that a plugin offers, with the reason why it is refused, if it is."""

    kind: Kind
    name: str
    component: type[Any]
    plugin: Plugin
    failure: str | None = None
    status: Literal["ready", "failed", "clash"] = "ready"


class Registry:
    """All installed components. Making one is cheap: plugins load on first use."""

    def __init__(self) -> None:
        self._offers: dict[Kind, list[OfferedComponent]] = {}

    @cached_property
    def _found(self) -> list[LoadedPlugin]:
        return find()

    @property
    def plugins(self) -> list[Plugin]:
        """Every entry point that was found, those that failed included."""
        for kind in KINDS:
            self.offers(kind)
        return [found.plugin for found in self._found]

    def offers(self, kind: Kind) -> list[OfferedComponent]:
        """Everything that plugins offer of one kind, clashing and unusable components included."""
        if kind not in self._offers:
            offers: list[OfferedComponent] = []
            for index, found in enumerate(self._found):
                try:
                    offers += _call(kind, found)
                except KeyboardInterrupt:
                    raise
                except BaseException as error:
                    # its other hooks stay usable, whichever is called first
                    reason = f"hook qfusion_{kind}s failed: {explain(error)}"
                    reasons = filter(None, (found.plugin.failure, reason))
                    plugin = replace(found.plugin, failure="; ".join(reasons))
                    self._found[index] = replace(found, plugin=plugin)
            self._offers[kind] = [_with_clash(offer, offers) for offer in offers]
        return self._offers[kind]

    def names(self, kind: Kind) -> list[str]:
        """The names that `get` accepts, sorted."""
        return sorted(offer.name for offer in self.offers(kind) if offer.failure is None)

    def provider(self, kind: Kind, name: str) -> Plugin | None:
        """The plugin that a name comes from; None where no usable one offers it."""
        ready = (each for each in self.offers(kind) if each.name == name and not each.failure)
        return next((each.plugin for each in ready), None)

    def get(self, kind: Kind, name: str) -> type[Any]:
        """The component class of this kind and name.

        Raises:
            InputError: No plugin offers it, two do, or the one that does is broken.
        """
        label = kind.replace("_", " ")
        called = [offer for offer in self.offers(kind) if offer.name == name]
        for offer in called:
            if offer.failure is None:
                return offer.component
        for offer in called:
            raise InputError(f"{label} {name!r} of {offer.plugin}: {offer.failure}")
        controls = ["none"] if kind == "quantum_encoder" else []  # a name without a class
        known = did_you_mean(name, [*self.names(kind), *controls])
        message = f"unknown {label} {one_line(repr(name), 60)}; {known}"
        failed = (found.plugin for found in self._found if found.plugin.failure)
        broken = [f"{plugin}: {plugin.failure}" for plugin in failed]
        if broken:
            message += "; plugins that failed: " + " | ".join(broken)
        raise InputError(message)


def _call(kind: Kind, found: LoadedPlugin) -> list[OfferedComponent]:
    if found.hooks is None:
        return []
    offers = []
    for implementation in getattr(found.hooks, f"qfusion_{kind}s").get_hookimpls():
        with quiet():
            components = implementation.function()
            if not isinstance(components, Iterable):
                raise TypeError(f"expected an iterable of classes, got {components!r}")
            # consumed here: a generator fails where it is read, not where it is called
            components = list(components)
        for component in components:
            name = getattr(component, "name", None)
            shown = name if isinstance(name, str) and name else repr(component)
            failure = _contract_failure(kind, component)
            status: Literal["ready", "failed"] = "failed" if failure else "ready"
            offers.append(OfferedComponent(kind, shown, component, found.plugin, failure, status))
    return offers


def _contract_failure(kind: Kind, component: object) -> str | None:
    base = getattr(qfusion_core, "".join(part.title() for part in kind.split("_")))
    if not (inspect.isclass(component) and issubclass(component, base)):
        return f"expected a subclass of qfusion_core.{base.__name__}, got {component!r}"
    name = getattr(component, "name", None)
    if not isinstance(name, str) or not name:
        return f"class {component.__name__} has no `name`; set name: ClassVar[str]"
    if (kind, name) == ("device", POOL):
        return f"class {component.__name__}: the name {POOL!r} is the core's own; rename it"
    if missing := sorted(getattr(component, "__abstractmethods__", ())):
        return f"class {component.__name__} does not implement {', '.join(missing)}"
    return None


def _with_clash(offer: OfferedComponent, offers: list[OfferedComponent]) -> OfferedComponent:
    alike = [o for o in offers if o.name == offer.name and o.failure is None]
    if offer.failure or len(alike) < 2:
        return offer
    rivals = [str(rival.plugin) for rival in alike]
    own = [rival for rival in alike if rival.plugin.built_in]
    if len(set(rivals)) == 1:
        reason = "offered twice by one plugin; rename one of the classes"
    elif offer in own and len(own) == 1:
        return offer  # nobody takes the place of what qfusion brings
    elif own:
        reason = f"offered by {own[0].plugin} already, which stays; rename this one or uninstall it"
    else:
        reason = f"offered by {' and '.join(rivals)}; uninstall one of them"
    return replace(offer, failure=reason, status="clash")
