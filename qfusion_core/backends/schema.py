"""What ``backends.yaml`` may hold."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from qfusion_core.config.yaml_source import YamlDocument
from qfusion_core.errors import InputError
from qfusion_core.options import Options
from qfusion_core.remote.money.budget import Budget


class EnvReference(Options):
    """``{$env: NAME}``: a secret is named here, and read when its backend is opened."""

    name: str = Field(alias="$env", pattern=r"^[A-Z_][A-Z0-9_]*$")


class BackendEntry(Options):
    """One backend."""

    type: str = Field(description="name of a device, as `qfusion plugins` lists it, or pool")
    options: dict[str, Any] = Field(default={}, description="checked by the device itself")
    credentials: dict[str, EnvReference] = Field(default={}, description="{$env: NAME} each")
    budget: Budget | None = Field(default=None, description="required where a backend costs money")

    @field_validator("budget")
    @classmethod
    def _limits_something(cls, budget: Budget | None) -> Budget | None:
        """A budget without a limit is none."""
        return budget if budget is not None and budget.limits else None


class BackendsFile(Options):
    """The whole file."""

    version: Literal[1] = Field(description="of this format")
    default: str = Field(description="the backend that is used where none is named")
    backends: dict[str, BackendEntry] = Field(min_length=1)


def refuse_secrets(source: YamlDocument) -> None:
    """Refuse a literal secret, and a variable in options, before pydantic sees the file.

    Whatever stands under ``credentials`` is never shown.

    Raises:
        InputError: With the position of the secret, without the secret.
    """
    backends = source.get(("backends",))
    for name, entry in backends.items() if isinstance(backends, dict) else ():
        if not isinstance(entry, dict):
            continue
        place = ("backends", name, "credentials")
        credentials = entry.get("credentials")
        if credentials is not None and not isinstance(credentials, dict):
            raise source.error(place, "expected a mapping, each value written as {$env: NAME}")
        for key, value in (credentials or {}).items():
            try:
                source.validate(EnvReference, (*place, key))
                valid = isinstance(value, dict)
            except InputError:
                valid = False
            if not valid:
                raise source.error(
                    (*place, key),
                    "expected {$env: NAME}, the NAME (A-Z, 0-9, _) of an environment variable; "
                    "a secret cannot stand in this file (its value is not shown here)",
                )
        _refuse_variables(source, ("backends", name, "options"), entry.get("options"))


def _refuse_variables(source: YamlDocument, place: tuple[str | int, ...], value: Any) -> None:
    if not isinstance(value, dict | list):
        return
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if key == "$env":
            raise source.error(
                place,
                "options take no environment variables: results would depend on something that "
                "this file does not show; write the value, or use credentials for a secret",
            )
        _refuse_variables(source, (*place, key), item)
