"""What both vendors' stand-ins are made of: a server in threads of its own, on loopback."""

from __future__ import annotations

import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Server(ThreadingHTTPServer):
    """Keeps what goes wrong in it, but for clients that were killed and hang up."""

    daemon_threads = True
    block_on_close = False  # clients keep connections open
    errors: list[str]

    def handle_error(self, *arguments: Any) -> None:
        """See `socketserver.BaseServer`."""
        if not isinstance(sys.exception(), OSError):
            self.errors.append(repr(sys.exception()))
            super().handle_error(*arguments)


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], errors: list[str]) -> Iterator[str]:
    """The server's address, until it ends."""
    server = Server(("127.0.0.1", 0), handler)
    server.errors = errors
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def read_body(self) -> str:
        """All of it, or an error that is the client's."""
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        if len(body) < size:
            raise ConnectionError("the client hung up, or was killed, within a request")
        return body.decode()

    def reset(self) -> None:
        """The peer sees a reset, not a proper end."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.close()

    def log_message(self, *arguments: Any) -> None:
        """Nothing: a test says what was asked."""
