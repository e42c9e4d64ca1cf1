"""Bases of every plugin's options and credentials. Free of torch, so that YAML reads fast."""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from qfusion_core.strict import strict_fields


class Options(BaseModel):
    """Options of a component: checked when read, frozen after, unknown keys refused.

    Numbers are finite numbers, and truth values ``true`` or ``false``: neither takes the other, nor
    text.

    A component nests its own: ``class Options(qfusion_core.Options)`` with a described field for
    each option.

    Attributes:
        neutral: Names of the options that change no value of a device. All others count: with
            another of those a measurement is another measurement.
    """

    neutral: ClassVar[frozenset[str]] = frozenset()
    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        strict_fields(handler.resolve_ref_schema(schema))
        return schema

    def that_change_values(self) -> dict[str, Any]:
        """Plain data: all options but the neutral ones.

        A component with an option that names a file puts the digest of its contents there.
        """
        return self.model_dump(mode="json", exclude=set(self.neutral))


class Credentials(BaseModel):
    """Secrets of a device, each a ``SecretStr``, from the environment and nowhere else."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def values_digest(device: str, options: Options) -> str:
    """SHA-256 of a device's name and of its options that change values, in hexadecimal."""
    canonical = json.dumps([1, device, options.that_change_values()], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
