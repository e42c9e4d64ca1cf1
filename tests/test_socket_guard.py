"""The guard of the other tests bites: here, in a child process, where the error is swallowed."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ASK = """
import socket
from contextlib import suppress
with suppress(OSError):
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        {ask}
"""
ASKED = [
    "socket.create_connection(('192.0.2.1', 80), timeout=0.01)",
    "tcp.connect_ex(('192.0.2.1', 80))",
    "udp.sendto(b'', ('192.0.2.1', 53))",
    "socket.getaddrinfo('iam.cloud.ibm.com', 443)",
]


@pytest.fixture
def asked():
    """What the guard has written down, which this test expects."""
    log = Path(os.environ["SOCKET_GUARD"])
    yield lambda: log.read_text() if log.exists() else ""
    log.unlink(missing_ok=True)


@pytest.mark.parametrize("ask", ASKED)
def test_it_notices_who_asks_somebody_else(asked, ask):
    exec(ASK.format(ask=ask))
    assert "192.0.2.1" in asked() or "iam.cloud.ibm.com" in asked()


def test_it_notices_a_child_process(asked):
    subprocess.run([sys.executable, "-c", ASK.format(ask=ASKED[0])], check=True)
    assert "192.0.2.1" in asked()


def test_this_machine_may_be_asked(asked):
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()
    left, right = socket.socketpair()
    left.close()
    right.close()
    assert asked() == ""
