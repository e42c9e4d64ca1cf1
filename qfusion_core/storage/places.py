"""The user's own directories: what is kept there is read by nobody else."""

from __future__ import annotations

from pathlib import Path

import platformdirs


def state_folder(*, create: bool = False) -> Path:
    """Where keys, trust and totals are kept; mode 0700 where it is made here.

    Raises:
        OSError: It cannot be made.
    """
    folder = platformdirs.user_state_path("qfusion")
    if create:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def cache_folder(*, create: bool = False) -> Path:
    """Where what can be computed again is kept; mode 0700 where it is made here.

    Raises:
        OSError: It cannot be made.
    """
    folder = platformdirs.user_cache_path("qfusion")
    if create:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def config_folder() -> Path:
    """Where the user's own ``backends.yaml`` and ``prices.yaml`` may lie."""
    return platformdirs.user_config_path("qfusion")
