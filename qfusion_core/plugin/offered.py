"""What a plugin offers: classes, or names and where they are, to be imported when needed."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal

import qfusion_core
from qfusion_core.errors import InputError
from qfusion_core.options import Options
from qfusion_core.plugin.discovery import LoadedPlugin, Plugin, explain, quiet
from qfusion_core.plugin.hookspecs import Offer
from qfusion_core.plugin.reserved import POOL

Kind = Literal["device", "fusion", "quantum_encoder", "classical_encoder", "dataset", "engine"]
_PLACE = re.compile(r"[\w.]+:\w+")


@dataclass(frozen=True)
class OfferedComponent:
    """One component that a plugin offers, with the reason why it is refused, if it is.

    Attributes:
        offered: The class, or where it is.
        failure: As far as it is known without importing the class.
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
        if not isinstance(self.offered, Offer):
            return self.offered
        place = self.offered.component
        component: type[Any] = self._import(place)
        failure = _contract_failure(self.kind, component)
        if failure is None and component.name != self.name:
            failure = f"{place} has the name {component.name!r}; offer it under that"
        elif failure is None and component.Options is not self.options:
            failure = f"the options of {place} are not {self.offered.options}; offer their place"
        if failure:
            raise self.refused(failure)
        return component

    @property
    def options(self) -> type[Options]:
        """Its options; the class is not imported for them where its place is offered.

        Raises:
            InputError: They cannot be imported.
        """
        if isinstance(self.offered, Offer):
            found: type[Options] = self._import(self.offered.options)
        else:
            found = self.offered.Options
        return found

    def refused(self, why: str | None) -> InputError:
        """The error of who asks for it."""
        return InputError(f"{self.kind.replace('_', ' ')} {self.name!r} of {self.plugin}: {why}")

    def _import(self, place: str) -> Any:
        try:
            with quiet():
                return pkgutil.resolve_name(place)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever a plugin raises
            raise self.refused(f"{place} failed to load: {explain(error)}") from error


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
                made = [
                    (each, at, _place_failure(kind, each, at)) for each, at in components.items()
                ]
            else:
                made = [
                    (getattr(each, "name", None), each, _contract_failure(kind, each))
                    for each in components
                ]
        for given, offered, failure in made:
            name = given if isinstance(given, str) and given else repr(offered)
            status: Literal["ready", "failed"] = "failed" if failure else "ready"
            offers.append(OfferedComponent(kind, name, offered, found.plugin, failure, status))
    return offers


def _place_failure(kind: Kind, name: object, offer: object) -> str | None:
    """What is wrong with an offer, as far as it shows without importing what is offered."""
    if not (isinstance(name, str) and name):
        return f"expected the component's name, got {name!r}"
    if not isinstance(offer, Offer):
        return f"expected qfusion_core.Offer(component, options), got {offer!r}"
    if (kind, name) == ("device", POOL):
        return f"the name {POOL!r} is the core's own; rename it"
    for place in (offer.component, offer.options):
        if not (isinstance(place, str) and _PLACE.fullmatch(place)):
            return f"expected a place such as my_plugin.fusion:Gated, got {place!r}"
        if not _is_there(module := place.partition(":")[0]):
            return f"{place}: there is no module {module!r}"
    return None


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a package above it
        return False


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
