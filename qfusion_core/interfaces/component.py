"""What all kinds of component share: a name, and options.

Every component class has a ``name``, nested ``Options``, and ``example()``: options that run
offline, with which the contract tests in `qfusion_core.testing` build it.
"""

from __future__ import annotations

from typing import ClassVar

from qfusion_core import options as base


class Component:
    """What all kinds of component share."""

    Options: ClassVar[type[base.Options]] = base.Options

    @classmethod
    def example(cls) -> base.Options:
        """Options with which the component runs offline, in a second or less."""
        return cls.Options()
