"""What every component promises: a name, and options that are described, checked and kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from pydantic import ValidationError

from qfusion_core.options import Options


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
        assert name == name.lower().strip() and not set(name) & set(" :,=/\t"), (
            f"name {name!r}: use lower case and hyphens"
        )

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


def refused(kind: type[Exception], call: Callable[[], object]) -> str:
    """The text with which a call is refused; fails where it is not."""
    try:
        call()
    except kind as error:
        return str(error)
    raise AssertionError(f"expected a refusal with {kind.__name__}, got none")


def _fields(contract: ComponentContract) -> list[tuple[str, Any]]:
    return list(contract.component.Options.model_fields.items())
