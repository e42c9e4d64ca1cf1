"""A verb that refuses an option that is given twice, and the group that knows where verbs are."""

from __future__ import annotations

from collections import Counter
from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption

from qfusion_core.cli.repeated import Given
from qfusion_core.config.shell_command import repeating
from qfusion_core.errors import InputError

# names of Python's functions, and other words for what is there
ELSEWHERE = {
    "doctor": "`qfusion backends --check`",
    "dry-run": "`qfusion evaluate RUN --dry-run`, or `qfusion predict RUN FILE --dry-run`",
    "resume": "`qfusion train --resume RUN`, or `qfusion jobs resume RUN`",
}


class Verb(TyperCommand):
    """A verb: of an option that takes one value, the last would win in silence."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words.

        Raises:
            InputError: An option that takes one value has two.
        """
        words = list(args)
        rest = super().parse_args(ctx, args)
        _, _, order = self.make_parser(ctx).parse_args(args=words)
        for option, times in Counter(order).items():
            single = isinstance(option, TyperOption) and not option.multiple and not option.is_flag
            if single and times > 1:
                raise InputError(f"{option.opts[0]}: given {times} times, expected once; leave one")
        return rest

    def invoke(self, ctx: Any) -> Any:
        """Run it; what the user gave stands in the commands that it suggests, too."""
        with repeating(Given(ctx).lacking):
            return super().invoke(ctx)


class Verbs(TyperGroup):
    """All verbs; who asks for one by its name in Python is told what it is here."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The verb that a word names.

        Raises:
            InputError: It names none, and something else does what it says.
        """
        if (place := ELSEWHERE.get(args[0].replace("_", "-"))) and args[0] not in self.commands:
            raise InputError(f"no such command {args[0]!r}; it is {place}")
        return super().resolve_command(ctx, args)
