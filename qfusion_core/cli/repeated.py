"""What a verb was given, and a command that it suggests needs, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typer.core import TyperGroup

# without them another verb finds other backends, or no data
ALWAYS = ("--backends-file", "--allow-url")
# without them the same verb runs elsewhere, is refused or measures something else
IN_THE_SAME = ("--backend", "--reference", "--samples", "--seed", "--checks", "--max-rows")


class Given:
    """The options that a verb was given.

    Args:
        context: Of the verb.
    """

    def __init__(self, context: Any) -> None:
        self._verb, self._verbs = context.command, context.find_root().command
        self._words: dict[str, list[str]] = {}
        for option in context.command.params:
            value, name = context.params.get(option.name), option.opts[0]
            if name in (*ALWAYS, *IN_THE_SAME) and value not in (None, False, option.default):
                self._words[name] = [name] if value is True else [name, str(value)]

    def lacking(self, command: Sequence[str]) -> list[str]:
        """Those that a command needs beside its own words.

        Args:
            command: Words behind ``qfusion``, verb first.
        """
        verb = self._verbs
        for word in command:
            if isinstance(verb, TyperGroup):
                verb = verb.commands.get(word, verb.commands.get("list"))
        known = {name for option in verb.params for name in option.opts} if verb else set()
        if "--resume" in command:
            known.discard("--seed")  # a training that was begun has its own
        wanted = (*ALWAYS, *(IN_THE_SAME if verb is self._verb else ()))
        return [
            word
            for name in wanted
            if name in known and name not in command
            for word in self._words.get(name, [])
        ]
