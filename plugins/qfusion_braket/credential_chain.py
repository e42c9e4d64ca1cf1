"""Whether AWS's own chain has credentials on this machine: without boto, and nobody is asked."""

from __future__ import annotations

import configparser
import os
from pathlib import Path

# any of these makes a profile one that can sign
_KEYS = frozenset({
    "aws_access_key_id", "role_arn", "credential_process", "sso_session", "sso_start_url",
    "login_session", "web_identity_token_file",
})  # fmt: skip
_ROLES = (
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)  # fmt: skip


def has_credentials(profile: str | None) -> bool:
    """Whether the environment or AWS's files have some.

    The role of a machine at AWS is not seen here: it takes a request.

    Args:
        profile: Of the options; None for AWS_PROFILE or the default one.
    """
    if not profile:  # one that AWS_PROFILE names does not stand before keys in the environment
        pair = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        if all(map(os.environ.get, pair)) or any(map(os.environ.get, _ROLES)):
            return True
    by_variable = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
    name = profile or by_variable or "default"
    files = (
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", {name}),
        ("AWS_CONFIG_FILE", "~/.aws/config", {name, f"profile {name}"}),
    )
    return any(
        _signs(os.environ.get(variable) or default, names) for variable, default, names in files
    )


def _signs(path: str, names: set[str]) -> bool:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(Path(path).expanduser().read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError, configparser.Error):
        return False  # what cannot be read here is said by boto when it is used
    return any(_KEYS & set(parser[name]) for name in parser.sections() if name in names)
