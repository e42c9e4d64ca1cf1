"""Bases of every plugin's options and credentials. Free of torch, so that YAML reads fast."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """Options of a component: checked when read, frozen after, unknown keys refused.

    A component nests its own: ``class Options(qfusion_core.Options)`` with a described field for
    each option.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Credentials(BaseModel):
    """Secrets of a device, each a ``SecretStr``, from the environment and nowhere else."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
