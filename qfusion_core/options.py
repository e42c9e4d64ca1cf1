"""Bases of every plugin's options and credentials. Free of torch, so that YAML reads fast."""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar, NoReturn, Self, SupportsIndex

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator


class Options(BaseModel):
    """Options of a component: checked when read, frozen after, unknown keys refused.

    A component nests its own: ``class Options(qfusion_core.Options)`` with a described field for
    each option.

    Attributes:
        neutral: Names of the options that change no value of a device. All others count: with
            another of those a measurement is another measurement.
    """

    neutral: ClassVar[frozenset[str]] = frozenset()
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    def that_change_values(self) -> dict[str, Any]:
        """Plain data: all options but the neutral ones.

        A component with an option that names a file puts the digest of its contents there.
        """
        return self.model_dump(mode="json", exclude=set(self.neutral))


class Credentials(BaseModel):
    """Secrets of a device, each a ``SecretStr``, from the environment and nowhere else.

    They are not pickled: no file and no other process gets hold of them that way.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="after")
    def _printable(self) -> Self:
        for name, value in self:
            if isinstance(value, SecretStr) and not value.get_secret_value().isprintable():
                raise ValueError(
                    f"{name}: holds a control character, such as a line end; set it anew without"
                )
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        """Refuse to be pickled.

        Raises:
            TypeError: Always.
        """
        raise TypeError("credentials are not pickled: open the backend where it is used")


def values_digest(device: str, options: Options) -> str:
    """SHA-256 of a device's name and of its options that change values, in hexadecimal."""
    canonical = json.dumps([1, device, options.that_change_values()], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
