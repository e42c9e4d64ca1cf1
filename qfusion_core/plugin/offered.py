"""What a plugin offers: classes, or names and where they are, to be imported when needed."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import qfusion_core
from qfusion_core.errors import InputError
from qfusion_core.options import Options
from qfusion_core.plugin.discovery import LoadedPlugin, Plugin, explain, quiet
from qfusion_core.plugin.hookspecs import Offer
from qfusion_core.plugin.places import is_there
from qfusion_core.plugin.reserved import POOL, fits_a_command_line
from qfusion_core.printable import one_line

Kind = Literal["device", "fusion", "quantum_encoder", "classical_encoder", "dataset", "engine"]
_PLACE = re.compile(r"\w+(\.\w+)*:\w+")


class _Unusable(Exception):
    """Why what is offered cannot be used."""


@dataclass(frozen=True)
class OfferedComponent:
    """One component that a plugin offers, with the reason why it is refused, if it is.

    Attributes:
        offered: The class, or where it is.
        failure: As far as it is known without importing the class.
        status: Ready is what nothing is known against: it is imported when it is asked for.
    """

    kind: Kind
    name: str
    offered: type[Any] | Offer
    plugin: Plugin
    failure: str | None = None
    status: Literal["ready", "failed", "clash"] = "ready"

    @property
    def component(self) -> type[Any]:
        """The class, imported now if it was not.

        Raises:
            InputError: It cannot be imported, or is not what was offered.
        """
        try:
            return self._component()
        except _Unusable as error:
            raise self.refused(str(error)) from error

    @property
    def options(self) -> type[Options]:
        """Its options; the class is not imported for them where its place is offered.

        Raises:
            InputError: They cannot be imported, or are none.
        """
        try:
            return self._options()
        except _Unusable as error:
            raise self.refused(str(error)) from error

    @cached_property
    def fault(self) -> str | None:
        """What `failure` says, or why the class cannot be used: it is imported for that."""
        try:
            if self.failure is None:
                self._component()
        except _Unusable as error:
            return str(error)
        return self.failure

    def refused(self, why: str | None) -> InputError:
        """The error of who asks for it."""
        return InputError(f"{self.kind.replace('_', ' ')} {self.name!r} of {self.plugin}: {why}")

    def _component(self) -> type[Any]:
        if not isinstance(self.offered, Offer):
            return self.offered
        place = self.offered.component
        component: type[Any] = _imported(place)
        if failure := _contract_failure(self.kind, component):
            raise _Unusable(failure)
        if component.name != self.name:
            raise _Unusable(f"{place} has the name {component.name!r}; offer it under that")
        if component.Options is not self._options():
            raise _Unusable(
                f"the options of {place} are not {self.offered.options}; offer their place"
            )
        return component

    def _options(self) -> type[Options]:
        if not isinstance(self.offered, Offer):
            declared: type[Options] = self.offered.Options
            return declared
        place = self.offered.options
        options = _imported(place)
        if not (inspect.isclass(options) and issubclass(options, Options)):
            shown = one_line(repr(options), 80)
            raise _Unusable(f"{place}: expected a subclass of qfusion_core.Options, got {shown}")
        return options


def _imported(place: str) -> Any:
    try:
        with quiet():
            return pkgutil.resolve_name(place)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a plugin raises
        raise _Unusable(f"{place} failed to load: {explain(error)}") from error


def offered_by(found: LoadedPlugin, kind: Kind) -> list[OfferedComponent]:
    """What the hooks of one plugin give for a kind, that which is refused included.

    Raises:
        BaseException: Whatever a hook raises.
        TypeError: It gives no components.
    """
    if found.hooks is None:
        return []
    offers = []
    for implementation in getattr(found.hooks, f"qfusion_{kind}s").get_hookimpls():
        with quiet():
            components = implementation.function()
            if not isinstance(components, Iterable):
                raise TypeError(f"expected an iterable of classes, got {components!r}")
            # consumed here: a generator fails where it is read, not where it is called
            if isinstance(components, Mapping):
                judged = [
                    _judged(kind, found.plugin, offer, name) for name, offer in components.items()
                ]
            else:
                judged = [_judged(kind, found.plugin, component) for component in components]
        offers += judged
    return offers


def _judged(kind: Kind, plugin: Plugin, offered: Any, *given: object) -> OfferedComponent:
    """One of what a hook gives, under the name that it is given, if it is; fails by itself."""
    name: object = None
    try:
        if given:
            (name,) = given
            failure = _place_failure(kind, name, offered)
        else:
            failure = _contract_failure(kind, offered)
            name = getattr(offered, "name", None)
        shown = name if isinstance(name, str) and name else repr(offered)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a finder or a metaclass raises
        failure = explain(error)
        shown = name if isinstance(name, str) and name else object.__repr__(offered)
    status: Literal["ready", "failed"] = "failed" if failure else "ready"
    return OfferedComponent(kind, shown, offered, plugin, failure, status)


def _place_failure(kind: Kind, name: object, offer: object) -> str | None:
    """What is wrong with an offer, as far as it shows without importing what is offered."""
    if not (isinstance(name, str) and name):
        return f"expected the component's name, got {name!r}"
    if not isinstance(offer, Offer):
        return f"expected qfusion_core.Offer(component, options), got {offer!r}"
    if refusal := _name_failure(kind, name):
        return refusal
    for place in (offer.component, offer.options):
        if not (isinstance(place, str) and _PLACE.fullmatch(place)):
            return f"expected a place such as my_plugin.fusion:Gated, got {place!r}"
        if not is_there(module := place.partition(":")[0]):
            return f"{place}: there is no module {module!r}"
    return None


def _name_failure(kind: Kind, name: str) -> str | None:
    if (kind, name) == ("device", POOL):
        return f"the name {POOL!r} is the core's own; rename it"
    if not fits_a_command_line(name):
        return f"the name {one_line(repr(name), 60)} is to be lower case, letters and hyphens"
    return None


def interface(kind: Kind) -> type[Any]:
    """What every component of a kind is a subclass of."""
    base: type[Any] = getattr(qfusion_core, "".join(part.title() for part in kind.split("_")))
    return base


def _contract_failure(kind: Kind, component: object) -> str | None:
    base = interface(kind)
    if not (inspect.isclass(component) and issubclass(component, base)):
        return f"expected a subclass of qfusion_core.{base.__name__}, got {component!r}"
    name = getattr(component, "name", None)
    if not isinstance(name, str) or not name:
        return f"class {component.__name__} has no `name`; set name: ClassVar[str]"
    if refusal := _name_failure(kind, name):
        return f"class {component.__name__}: {refusal}"
    if missing := sorted(getattr(component, "__abstractmethods__", ())):
        return f"class {component.__name__} does not implement {', '.join(missing)}"
    return None
