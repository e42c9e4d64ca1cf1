"""HTTP on loopback for a machine: plain, as a proxy, and through a proxy's TLS tunnel."""

from __future__ import annotations

import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

from faults.machine import Machine, Reply, Request


@contextmanager
def serving(machine: Machine, certificate: Path | None = None) -> Iterator[str]:
    """Serves a machine in threads of its own; gives the address.

    Args:
        machine: Whose replies.
        certificate: With its key, for tunnels; None where there are none.
    """
    tls = None
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
    server = _Server(("127.0.0.1", 0), _handler(machine, tls))
    server.machine = machine
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    machine: Machine
    daemon_threads = True
    block_on_close = False  # clients keep connections open

    def handle_error(self, *arguments: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that was killed hangs up
            self.machine.errors.append(repr(sys.exception()))


def _handler(machine: Machine, tls: ssl.SSLContext | None) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_CONNECT(self) -> None:
            assert tls is not None
            self.send_response(200)
            self.end_headers()
            self.connection = tls.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = (self.connection.makefile(mode) for mode in ("rb", "wb"))
            self.close_connection = False  # more requests come through the tunnel

        def finish(self) -> None:
            with self.connection, self.rfile, self.wfile:
                pass

        def do_GET(self) -> None:
            # else the body waits for 40 ms: in a tunnel, the client sends it once the head is known
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(size)
            if len(body) < size:
                raise ConnectionError("the client hung up, or was killed, within a request")
            url = urlparse(self.path)
            steps = [unquote(step) for step in url.path.strip("/").split("/")]
            host = self.headers["Host"]
            request = Request(
                self.command, host, steps, parse_qs(url.query), dict(self.headers.items()), body
            )
            with machine.at_work():
                self.carry_out(request)

        do_POST = do_PATCH = do_DELETE = do_PUT = do_HEAD = do_GET

        def carry_out(self, request: Request) -> None:
            operation, job = machine.operation_of(request)
            act = machine.script.take(operation, job)
            machine.saw(operation, request)
            time.sleep(act.delay)
            if act.before:
                act.before()
            if act.works:
                reply = machine.reply(operation, request)
                if act.status is not None:
                    reply = machine.refusal(operation, act.status, "")
            else:
                status = act.status or 200
                reply = machine.refusal(operation, status, "") if status >= 400 else Reply(200, b"")
            if act.body is not None:
                reply = Reply(act.status or 200, act.body, act.kind, reply.headers)
            if act.edit is not None:
                reply = reply._replace(body=act.edit(reply.body))
            if act.after:
                act.after()
            time.sleep(act.late)
            self.answer(reply, act.headers, act.cut)

        def answer(self, reply: Reply, headers: Any, cut: float | None) -> None:
            if cut != 0.0:
                self.send_response(reply.status)
                raw = b"" if reply.status == 204 else reply.body
                known = {"Content-Type": reply.kind, "Content-Length": str(len(raw))}
                for name, value in {**known, **reply.headers, **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(raw if cut is None else raw[: int(cut * len(raw))])
                self.wfile.flush()
            if cut is not None:
                if cut == 0.0:
                    linger = struct.pack("ii", 1, 0)  # the peer sees a reset, not a proper end
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                else:
                    self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                self.connection.close()

        def log_message(self, *arguments: Any) -> None:
            pass

    return Handler
