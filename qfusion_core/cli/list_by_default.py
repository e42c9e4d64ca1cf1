"""Verbs that have verbs of their own."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperGroup

from qfusion_core.config.shell_command import shell_command
from qfusion_core.errors import InputError

_INSTEAD = "qfusion.instead_of_a_verb"  # where a verb is left out: the words


class ListByDefault(TyperGroup):
    """``qfusion jobs RUN`` is ``qfusion jobs list RUN``, ``qfusion backends`` lists them all.

    ``qfusion jobs RUN cancel`` is ``qfusion jobs cancel RUN``.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the verb first, where it comes second, or is left out.

        Raises:
            InputError: Nothing was said; the help is shown.
        """
        if not args and self.no_args_is_help:
            typer.echo(ctx.get_help())
            raise InputError(
                f"{ctx.command_path}: expected the folder of a run, or a verb; see "
                f"{ctx.command_path} --help"
            )
        left_out = args[0] not in (*self.commands, "--help") if args else not self.no_args_is_help
        if left_out:
            behind = args[1:2] if args[1:2] and args[1] in self.commands else []
            ctx.meta[_INSTEAD] = [] if behind else args
            args = [*behind, *args[:1], *args[2:]] if behind else ["list", *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the verb; where a word that was no verb is nothing else either, name the nearest.

        Raises:
            InputError: As the verb does, with that name.
        """
        try:
            return super().invoke(ctx)
        except (InputError, typer.TyperException) as error:
            words = ctx.meta.get(_INSTEAD, [])
            near = get_close_matches(words[0], self.commands, n=1) if words else []
            if not near:
                raise
            what = error.format_message() if isinstance(error, typer.TyperException) else error
            nearest = shell_command(*ctx.command_path.split()[1:], *near, *words[1:])
            raise InputError(f"{str(what).rstrip('.')}; did you mean `{nearest}`?") from None
