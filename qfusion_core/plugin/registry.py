"""Looks a component up by its name, and explains what is wrong where it cannot.

Plain pluggy dies with the first plugin that fails to import, ignores a misspelt hook and lets a
later plugin of the same name win in silence. Here a bad plugin is listed with its reason, and is
cited when one of its names is asked for. Whatever it raises or prints, no verb breaks.

A hook of a third party may import what it offers, and is called only where a name is none of ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any, get_args

from qfusion_core.errors import InputError, did_you_mean
from qfusion_core.options import Options
from qfusion_core.plugin.discovery import LoadedPlugin, Plugin, explain, find
from qfusion_core.plugin.offered import Kind, OfferedComponent, offered_by
from qfusion_core.printable import one_line

KINDS: tuple[Kind, ...] = get_args(Kind)


class Registry:
    """All installed components. Making one is cheap: plugins load on first use."""

    def __init__(self) -> None:
        self._called: dict[tuple[Kind, int], list[OfferedComponent]] = {}

    @cached_property
    def _found(self) -> list[LoadedPlugin]:
        return find()

    @property
    def plugins(self) -> list[Plugin]:
        """Every entry point that was found, those that failed included."""
        for kind in KINDS:
            self.offers(kind)
        return [loaded.plugin for loaded in self._found]

    def offers(self, kind: Kind) -> list[OfferedComponent]:
        """Everything that plugins offer of one kind, clashing and unusable components included."""
        return self._offers(kind, range(len(self._found)))

    def names(self, kind: Kind) -> list[str]:
        """The names that `get` accepts, sorted."""
        return sorted(offer.name for offer in self.offers(kind) if offer.failure is None)

    def provider(self, kind: Kind, name: str) -> Plugin | None:
        """The plugin that a name comes from; None where no usable one offers it."""
        ready = (offer for offer in self._named(kind, name) if not offer.failure)
        return next((offer.plugin for offer in ready), None)

    def get(self, kind: Kind, name: str) -> type[Any]:
        """The component class of this kind and name.

        Raises:
            InputError: No plugin offers it, two do, or the one that does is broken.
        """
        return self._require(kind, name).component

    def options(self, kind: Kind, name: str) -> type[Options]:
        """Its options, without importing the component where its plugin offers them apart.

        Raises:
            InputError: As of `get`.
        """
        return self._require(kind, name).options

    def _require(self, kind: Kind, name: str) -> OfferedComponent:
        called = self._named(kind, name)
        for offer in called:
            if offer.failure is None:
                return offer
        for offer in called:
            raise offer.refused(offer.failure)
        label = kind.replace("_", " ")
        controls = ["none"] if kind == "quantum_encoder" else []  # a name without a class
        suggestion = did_you_mean(name, [*self.names(kind), *controls])
        message = f"unknown {label} {one_line(repr(name), 60)}; {suggestion}"
        failed = (loaded.plugin for loaded in self._found if loaded.plugin.failure)
        broken = [f"{plugin}: {plugin.failure}" for plugin in failed]
        if broken:
            message += "; plugins that failed: " + " | ".join(broken)
        raise InputError(message)

    def _named(self, kind: Kind, name: str) -> list[OfferedComponent]:
        """All of that name; ours alone where it is usable: nobody takes its place."""
        ours = [i for i, loaded in enumerate(self._found) if loaded.plugin.built_in]
        called = [offer for offer in self._offers(kind, ours) if offer.name == name]
        if any(offer.failure is None for offer in called):
            return called
        return [offer for offer in self.offers(kind) if offer.name == name]

    def _offers(self, kind: Kind, plugins: Iterable[int]) -> list[OfferedComponent]:
        offers = [offer for index in plugins for offer in self._call(kind, index)]
        offers = [_that_loads(offer, offers) for offer in offers]
        return [_with_clash(offer, offers) for offer in offers]

    def _call(self, kind: Kind, index: int) -> list[OfferedComponent]:
        """What one plugin offers; its hook is called once."""
        if (kind, index) not in self._called:
            loaded = self._found[index]
            try:
                offers = offered_by(loaded, kind)
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                # its other hooks stay usable, whichever is called first
                reason = f"hook qfusion_{kind}s failed: {explain(error)}"
                reasons = filter(None, (loaded.plugin.failure, reason))
                plugin = replace(loaded.plugin, failure="; ".join(reasons))
                self._found[index], offers = replace(loaded, plugin=plugin), []
            self._called[kind, index] = offers
        return self._called[kind, index]


def _that_loads(offer: OfferedComponent, offers: list[OfferedComponent]) -> OfferedComponent:
    """As failed, if it has a rival and does not load: a broken one takes no name from others.

    Who has no rival, or one of ours, which stays anyway, is not imported for this.
    """
    alike = [o for o in offers if o.name == offer.name and o.failure is None]
    if offer.failure or len(alike) < 2 or any(rival.plugin.built_in for rival in alike):
        return offer
    return replace(offer, failure=offer.fault, status="failed") if offer.fault else offer


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
