"""What every component promises: a name, and options that are described, checked and kept."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar

from pydantic import ValidationError

from qfusion_core.errors import InputError
from qfusion_core.options import Options
from qfusion_core.plugin.hookspecs import Offer
from qfusion_core.plugin.offered import OfferedComponent, interface
from qfusion_core.plugin.registry import KINDS, Registry
from qfusion_core.plugin.reserved import fits_a_command_line


class ComponentContract:
    """Base of the contracts.

    Attributes:
        component: The class under test.
    """

    component: ClassVar[type[Any]]

    def options(self) -> Options:
        """Options under test: the component's own example, unless overridden."""
        options: Options = self.component.example()
        return options

    def test_name_fits_a_command_line(self) -> None:
        """Names are typed after ``--fusion`` and written in YAML."""
        name = self.component.name
        assert isinstance(name, str) and name, f"name: expected a word, got {name!r}"
        assert fits_a_command_line(name), f"name {name!r}: use lower case and hyphens"

    def test_options_are_of_the_component(self) -> None:
        """`example` gives the component's own options, a subclass of `qfusion_core.Options`."""
        assert issubclass(self.component.Options, Options)
        assert isinstance(self.options(), self.component.Options)

    def test_every_option_is_described(self) -> None:
        """The command line and the documentation show descriptions."""
        bare = [key for key, field in _fields(self) if not field.description]
        assert not bare, f"options without a description: {bare}"

    def test_unknown_option_is_refused(self) -> None:
        """A typo never passes in silence."""
        values = {**self.options().model_dump(), "no_such_option": 1}
        refused(ValidationError, lambda: self.component.Options.model_validate(values))

    def test_options_are_frozen(self) -> None:
        """What was saved with a model is what it was built with."""
        options = self.options()
        for key, _ in _fields(self):
            refused(ValidationError, partial(setattr, options, key, None))

    def test_options_survive_a_run_file(self) -> None:
        """Options are saved as plain data and read back."""
        options = self.options()
        again = self.component.Options.model_validate(options.model_dump(mode="json"))
        assert again == options

    def test_its_offer_is_of_it(self) -> None:
        """Where its plugin is installed and offers it by its place: under its name and options."""
        for offer in _offers(self.component):
            assert offer.status != "failed", str(offer.refused(offer.failure))
            try:
                found = offer.component
            except InputError as error:
                raise AssertionError(str(error)) from error
            assert found is self.component, (
                f"{offer.plugin} offers {found!r} under the name {offer.name!r}, which is that of "
                f"{self.component!r}; offer each under its own"
            )


def refused(kind: type[Exception], call: Callable[[], object]) -> str:
    """The text with which a call is refused; fails where it is not."""
    try:
        call()
    except kind as error:
        return str(error)
    raise AssertionError(f"expected a refusal with {kind.__name__}, got none")


def _fields(contract: ComponentContract) -> list[tuple[str, Any]]:
    return list(contract.component.Options.model_fields.items())


def _offers(component: type[Any]) -> Iterator[OfferedComponent]:
    """By place: those of this class, and those of its package and kind that have its name."""
    package = component.__module__.partition(".")[0]
    registry = Registry()
    for offer in (each for kind in KINDS for each in registry.offers(kind)):
        if not isinstance(offer.offered, Offer) or not isinstance(offer.offered.component, str):
            continue
        module, _, name = offer.offered.component.partition(":")
        is_it = getattr(sys.modules.get(module), name, None) is component
        of_the_kind = issubclass(component, interface(offer.kind))
        named_so = offer.name == component.name and module.partition(".")[0] == package
        if is_it or (of_the_kind and named_so):
            yield offer
