"""What all kinds of component share: a name, and options.

Every component class has a ``name``, nested ``Options``, and ``example()``: options that run
offline, with which the contract tests in `qfusion_core.testing` build it.
"""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

from qfusion_core import options as base
from qfusion_core.errors import QfusionError


class Component:
    """What all kinds of component share."""

    Options: ClassVar[type[base.Options]] = base.Options

    @classmethod
    def example(cls) -> base.Options:
        """Options with which the component runs offline, in a second or less."""
        return cls.Options()


def made(component: type[Any], called: str, *arguments: Any, **shapes: Any) -> Any:
    """A component, made as the core makes it.

    Args:
        component: Its class.
        called: What errors call it: kind, name and plugin.
        arguments: Options; of a device, credentials, too.
        shapes: By their names.

    Raises:
        QfusionError: Its class cannot be made so; names it.
    """
    try:
        inspect.signature(component).bind(*arguments, **shapes)
    except TypeError as error:
        names = ["options", "credentials"][: len(arguments)] + (["*", *shapes] if shapes else [])
        raise QfusionError(
            f"{called}: class {component.__name__} must be made by ({', '.join(names)}): {error}; "
            "this is a fault of its plugin"
        ) from error
    return component(*arguments, **shapes)
