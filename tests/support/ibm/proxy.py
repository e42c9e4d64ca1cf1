"""Puts the stand-in where the SDK looks for IBM: an HTTP proxy on loopback.

A proxy, because the SDK makes its hosts out of a URL without its port, and one of them is written
into it (api/auth.py, CLOUD_IAM_URL): for that one the proxy ends the TLS with a certificate of its
own. Nothing is ever passed on.
"""

from __future__ import annotations

import datetime
import json
import socket
import ssl
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlparse

from support.http import Handler, serving
from support.ibm.service import Service

PAGES = {"html": "<html>Please log in</html>", "{}": "{}", "null": "null"}  # with 200
API = "/api/v1"  # utils/utils.py, default_runtime_url_resolver


def environment(address: str, certificate: Path) -> dict[str, str]:
    """What a process needs to find the stand-in, and nothing else."""
    names = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
    # with usage data the SDK reads the whole stack's source for each request (api/session.py)
    none = {"NO_PROXY": "", "no_proxy": "", "USAGE_DATA_OPT_OUT": "True"}
    hosts = {"QFUSION_IBM_LOOPBACK": "http://cloud.localhost"}  # what the SDK makes its hosts of
    trust = {"REQUESTS_CA_BUNDLE": str(certificate)}
    return {**dict.fromkeys(names, address), **none, **hosts, **trust}


def make_certificate(folder: Path) -> Path:
    """A throw-away certificate with its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    host = "iam.cloud.ibm.com"
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path = folder / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*pem))
    return path


def running(service: Service, certificate: Path) -> AbstractContextManager[str]:
    """Serves on loopback in threads of its own; gives the address."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    return serving(_handler(service, tls), service.errors)


def _handler(service: Service, tls: ssl.SSLContext) -> type[Handler]:
    class IBM(Handler):
        def do_CONNECT(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.connection = tls.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = (self.connection.makefile(mode) for mode in ("rb", "wb"))
            self.close_connection = False  # more requests come through the tunnel

        def finish(self) -> None:
            with self.connection, self.rfile, self.wfile:
                pass

        def do_GET(self) -> None:
            self.serve()

        do_POST = do_PATCH = do_DELETE = do_PUT = do_GET

        def serve(self) -> None:
            # else the body waits for 40 ms: in a tunnel, the client sends it once the head is known
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            self.body = self.read_body()
            url = urlparse(self.path)
            host, steps = self.headers["Host"], url.path.removeprefix(API).strip("/").split("/")
            kind, work = self.route(host, steps, parse_qs(url.query))
            with service.lock:
                service.requests.append(kind)
                if service.key in str(self.headers):
                    service.leaked.append(kind)
                fault = service.faults[kind].pop(0) if service.faults[kind] else None
                if host.startswith("quantum.") and not self.authorized():
                    fault = 401
                works = not isinstance(fault, int) and fault != "reset"
                refusal = {"code": 1, "message": f"fault {fault}{service.echo}"}
                reply = work() if works else {"error": refusal, "errorMessage": refusal}
            status, reply = reply if isinstance(reply, tuple) else (200, reply)
            if fault in PAGES:
                fault, reply = None, PAGES[fault]
            if isinstance(fault, str) and fault.endswith(" after"):
                fault, reply = int(fault.split()[0]), {"error": {"code": 1, "message": fault}}
            status = status if fault is None else fault
            if status in ("reset", "lost"):
                self.reset()
                return
            self.answer(200 if status == "cut" else status, reply, cut=status == "cut")

        def route(self, host: str, steps: list[str], query: dict[str, list[str]]) -> Any:
            method = self.command
            if host.startswith("iam."):
                return "iam", lambda: service.iam(dict(parse_qsl(self.body)))
            if host.startswith("api.global-search-tagging."):
                return "search", service.search
            if host.startswith("globalcatalog."):
                return "catalog", service.catalog
            match steps:
                case ["backends"]:
                    return "backends", service.backends
                case ["backends", _, "status"]:
                    return "status", service.status
                case ["backends", name, what]:
                    return what, lambda: service.described(name, what)
                case ["instances", "usage"]:
                    return "usage", lambda: {"usage_consumed_seconds": 1}
                case ["jobs"] if method == "POST":
                    return "submit", lambda: service.submit(json.loads(self.body))
                case ["jobs"]:
                    return "find", lambda: service.listed(query.get("tags", []))
                case ["jobs", job_id, *_] if job_id not in service.jobs:
                    return "job", lambda: (404, {"error": {"code": 1291, "message": "no job"}})
                case ["jobs", job_id]:
                    return "job", lambda: service.job(job_id)
                case ["jobs", job_id, "results"]:
                    return "results", lambda: service.results(job_id)
                case ["jobs", job_id, "metrics"]:
                    return "metrics", service.metrics
                case ["jobs", job_id, "cancel"]:
                    return "cancel", lambda: service.cancel(job_id)
                case ["sessions", session_id, *_] if session_id not in service.sessions:
                    # of a test before, closed in a thread of its own
                    return "session", lambda: (404, {"error": {"code": 1, "message": "no session"}})
                case ["sessions", *rest]:
                    return f"session {method}", lambda: self.session(rest)
            raise AssertionError(f"the stand-in knows no {method} {self.path}")

        def session(self, rest: list[str]) -> Any:
            if not rest:
                session_id = f"session-{len(service.sessions)}"
                service.sessions[session_id] = json.loads(self.body)
                return {"id": session_id}
            service.sessions[rest[0]] |= json.loads(self.body)
            return (204, None)

        def authorized(self) -> bool:
            return self.headers["Authorization"] == f"Bearer {service.token}"

        def answer(self, status: int, reply: Any, cut: bool = False) -> None:
            raw = reply.encode() if isinstance(reply, str) else json.dumps(reply).encode()
            raw = b"" if status == 204 else raw
            self.send_response(status)
            if status == 429:
                self.send_header("Retry-After", "0.01")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw[: len(raw) // 2] if cut else raw)
            self.wfile.flush()
            if cut:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

    return IBM
