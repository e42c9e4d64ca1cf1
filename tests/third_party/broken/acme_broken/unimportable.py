"""Needs an SDK that is not installed."""

import acme_sdk  # noqa: F401
