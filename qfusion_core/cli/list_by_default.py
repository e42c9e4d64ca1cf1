"""Verbs that have verbs of their own."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from qfusion_core.errors import InputError


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
            args = [*behind, *args[:1], *args[2:]] if behind else ["list", *args]
        return super().parse_args(ctx, args)
