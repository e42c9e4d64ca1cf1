"""Verbs that have verbs of their own."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class ListByDefault(TyperGroup):
    """``qfusion jobs RUN`` is ``qfusion jobs list RUN``, ``qfusion backends`` lists them all.

    ``qfusion jobs RUN cancel`` is ``qfusion jobs cancel RUN``.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the verb first, where it comes second, or is left out."""
        left_out = args[0] not in (*self.commands, "--help") if args else not self.no_args_is_help
        if left_out:
            behind = args[1:2] if args[1:2] and args[1] in self.commands else []
            args = [*behind, *args[:1], *args[2:]] if behind else ["list", *args]
        return super().parse_args(ctx, args)
