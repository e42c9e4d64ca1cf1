"""Where IBM's service is: IBM's own address, or a stand-in on this machine, for tests."""

from __future__ import annotations

import ipaddress
import os
from urllib.parse import urlsplit

from qfusion_core import InputError

VARIABLE = "QFUSION_IBM_LOOPBACK"


def stand_in() -> str | None:
    """Address of a stand-in, which is on this machine; None for IBM itself.

    No file chooses it: the API key goes where it points.

    Raises:
        InputError: The variable names another machine.
    """
    address = os.environ.get(VARIABLE)
    if not address:
        return None
    try:
        parts = urlsplit(address)
        here = parts.scheme in ("http", "https") and _is_loopback(parts.hostname or "")
    except ValueError:
        here = False
    if not here:
        raise InputError(
            f"{VARIABLE}: expected an address on this machine, such as http://localhost, since the "
            "API key goes there; unset it to reach IBM"
        )
    return address


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
