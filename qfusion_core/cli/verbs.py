"""A verb that refuses an option given twice or without its value; where else verbs are."""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest
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
    """A verb.

    Of an option that takes one value, the last would win in silence; one without its value would
    take the next option for it.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words.

        Raises:
            InputError: An option that takes one value has two, or none.
        """
        words = list(args)
        self._require_values(ctx, words)
        rest = super().parse_args(ctx, args)
        _, _, order = self.make_parser(ctx).parse_args(args=words)
        for option, times in Counter(order).items():
            single = isinstance(option, TyperOption) and not option.multiple and not option.is_flag
            if single and times > 1:
                raise InputError(f"{option.opts[0]}: given {times} times, expected once; leave one")
        return rest

    def _require_values(self, ctx: Any, words: list[str]) -> None:
        options = {name: option for option in self.params for name in option.opts}
        words = words[: words.index("--")] if "--" in words else words
        for word, behind in zip_longest(words, words[1:]):
            option = options.get(word)
            missing = behind is None or behind.partition("=")[0] in options
            if missing and isinstance(option, TyperOption) and not option.is_flag:
                got = "nothing" if behind is None else f"the option {behind}"
                raise InputError(
                    f"{word}: expected {option.metavar or 'a value'}, got {got} ({option.help}); "
                    f"see {ctx.command_path} --help"
                )

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
