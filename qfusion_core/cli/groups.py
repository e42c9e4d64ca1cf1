"""Verbs that have verbs of their own."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class ListByDefault(TyperGroup):
    """``qfusion jobs RUN`` is ``qfusion jobs list RUN``, ``qfusion backends`` lists them all."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the verb in where it is left out."""
        left_out = args[0] not in (*self.commands, "--help") if args else not self.no_args_is_help
        return super().parse_args(ctx, ["list", *args] if left_out else args)
