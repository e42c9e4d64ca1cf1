"""Bases of every plugin's options and credentials. Free of torch, so that YAML reads fast."""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar, NoReturn, Self, SupportsIndex

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    SecretStr,
    model_validator,
)
from pydantic_core import CoreSchema

from qfusion_core.errors import InputError
from qfusion_core.strict_numbers import strict_fields


class Options(BaseModel):
    """Options of a component: checked when read, frozen after, unknown keys refused.

    Numbers are finite numbers, and truth values ``true`` or ``false``: neither takes the other, nor
    text.

    A component nests its own: ``class Options(qfusion_core.Options)`` with a described field for
    each option.

    Attributes:
        neutral: Names of the options that change no value of a device. All others count: with
            another of those a measurement is another measurement.
        instead_of_shots: Those that say how many shots in another way: `with_shots` drops them.
        of_draws: Those that mean nothing where values are exact: likewise.
        values_version: Raised when a default that changes values changes: what was measured with
            the one before is another measurement.
        first_options: The options of the first release (3670349) that change values; None where
            they are those of today. It counted all of them, at their defaults, too: journals and
            calibrations of that time are recognised by them.
    """

    neutral: ClassVar[frozenset[str]] = frozenset()
    instead_of_shots: ClassVar[frozenset[str]] = frozenset()
    of_draws: ClassVar[frozenset[str]] = frozenset()
    values_version: ClassVar[int] = 1
    first_options: ClassVar[frozenset[str] | None] = None
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

    def that_differ(self) -> dict[str, Any]:
        """Those of `that_change_values` that are not at their defaults."""
        whole = self.model_dump(mode="json")
        short = self.model_dump(mode="json", exclude_defaults=True)
        return {
            name: short.get(name, value) if value == whole.get(name) else value
            for name, value in self.that_change_values().items()
            if name in short or value != whole.get(name)
        }

    def with_shots(self, shots: int | None) -> Self:
        """The same with another number of shots; None: exact values.

        Raises:
            pydantic.ValidationError: The options do not allow it.
            InputError: The number is fixed.
        """
        if "shots" not in type(self).model_fields:
            raise InputError("its number of shots is fixed; leave shots out")
        dropped = {*self.instead_of_shots, *(self.of_draws if shots is None else ())}
        given = self.model_dump(exclude_unset=True, exclude=dropped)
        return type(self).model_validate({**given, "shots": shots})

    def counted_at_first(self) -> dict[str, Any] | None:
        """What the first release would have counted; None if it did not know what is set."""
        values = self.that_change_values()
        known = self.first_options if self.first_options is not None else frozenset(values)
        return None if self.that_differ().keys() - known else {n: values.get(n) for n in known}


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


def values_digests(device: str, options: Options) -> tuple[str, ...]:
    """SHA-256 of a device's name and of its options that change values, in hexadecimal.

    Today's comes first: it holds what differs from the defaults, so that an option which a release
    adds changes none. Behind it stands the one that the first release would have made, if it knew
    all that is set.
    """
    today = [2, device, options.values_version, options.that_differ()]
    first = options.counted_at_first()
    made = [today] if first is None else [today, [1, device, first]]
    return tuple(map(_sha256, made))


def _sha256(document: Any) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
