"""Lets no process of the tests ask anybody but this machine; what tried to is written down.

On the path of every child process, and loaded by the tests' own. An audit hook sees each
connection, whoever makes it; the exception that it raises may be taken for a network that is down,
so the file that SOCKET_GUARD names decides.
"""

import os
import socket
import sys

_EVENTS = (
    "socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
    "socket.gethostbyname", "socket.gethostbyaddr",
)  # fmt: skip
_RESOLVING = ("socket.getaddrinfo", "socket.gethostbyname")
_HERE = ("", "localhost", "::1", "0.0.0.0", "::", socket.gethostname())


def _is_address(host):
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
        return True
    return False


def _guard(event, arguments):
    if event not in _EVENTS:
        return
    asked = next((each for each in arguments if not isinstance(each, socket.socket)), None)
    host = asked[0] if isinstance(asked, tuple) and asked else asked
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg") and host is asked:
        return  # a Unix socket, or one that is connected
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str) or host in _HERE or host.startswith("127."):
        return
    if host.endswith(".localhost"):  # RFC 6761: this machine, whatever stands before
        return
    if event in _RESOLVING and _is_address(host):
        return  # a number is resolved without asking anybody
    log = os.environ.get("SOCKET_GUARD")
    if log:
        with open(log, "a", encoding="utf-8") as file:  # noqa: PTH123
            file.write(f"{event} {asked!r}\n")
    raise PermissionError(f"the tests ask nobody but this machine: {event} {asked!r}")


sys.addaudithook(_guard)
