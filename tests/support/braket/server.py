"""The stand-in on loopback: Braket, S3 and STS at one address, as AWS_ENDPOINT_URL allows."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

from support.braket.service import KEY, Service, Wrong
from support.http import Handler, serving

PAGES = {"html": "<html>Please log in</html>", "{}": "{}"}
_CODES = {
    400: "ValidationException", 402: "ServiceQuotaExceededException", 403: "AccessDeniedException",
    404: "ResourceNotFoundException", 410: "DeviceRetiredException", 424: "DeviceOfflineException",
    429: "ThrottlingException", 500: "InternalServiceException",
}  # fmt: skip
_IDENTITY = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
    "<GetCallerIdentityResult><Account>{}</Account><Arn>arn:aws:iam::1:user/u</Arn>"
    "<UserId>u</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>"
)


def environment(address: str, secret: str, token: str = "") -> dict[str, str]:
    """What a process needs to find the stand-in, and nothing else of AWS's."""
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nowhere",
        "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        **({"AWS_SESSION_TOKEN": token} if token else {}),
    }


def running(service: Service) -> AbstractContextManager[str]:
    """Serves on loopback in threads of its own; gives the address."""
    return serving(_handler(service), service.errors)


def _handler(service: Service) -> type[Handler]:
    class Braket(Handler):
        def do_GET(self) -> None:
            self.serve()

        do_POST = do_PUT = do_HEAD = do_GET

        def serve(self) -> None:
            self.body = self.read_body()
            kind, work = self.route([unquote(step) for step in self.steps()])
            self.signed()
            with service.lock:
                service.requests.append(kind)
                if service.secret and service.secret in f"{self.headers}{self.path}{self.body}":
                    service.leaked.append(kind)
                fault = service.faults[kind].pop(0) if service.faults[kind] else None
                status, reply = self.done(fault, work)
            if status in ("reset", "lost"):
                self.reset()
                return
            self.answer(kind, status, reply)

        def done(self, fault: Any, work: Any) -> tuple[Any, Any]:
            try:
                if self.key != KEY:
                    said = f"The security token included in the request is invalid{service.echo}"
                    raise Wrong(403, "UnrecognizedClientException", said)
                if isinstance(fault, int):
                    raise Wrong(fault, _CODES.get(fault, str(fault)), f"injected{service.echo}")
                if fault == "reset":
                    return "reset", None
                if fault == "missing":
                    raise Wrong(404, "NoSuchKey", "The specified key does not exist.")
                reply = work()
                status, reply = reply if isinstance(reply, tuple) else (200, reply)
                if fault in PAGES:
                    return 200, PAGES[fault]
                if fault == "500 after":
                    raise Wrong(500, _CODES[500], "injected")
                return (fault or status), reply
            except Wrong as wrong:
                return wrong.args[0], wrong

        def steps(self) -> list[str]:
            return urlparse(self.path).path.strip("/").split("/")

        def signed(self) -> None:
            """Whose signature it is, and for which region."""
            _, _, scope = self.headers.get("Authorization", "").partition("Credential=")
            self.key, _, self.region, *_ = [*scope.split("/"), "", "", ""]
            if "quantum-task" in self.path:
                service.regions.add(self.region)

        def route(self, steps: list[str]) -> Any:
            match self.command, steps:
                case "GET", ["device", arn]:
                    return "device", lambda: service.device(arn)
                case "POST", ["quantum-task"]:
                    body = json.loads(self.body)
                    return "create", lambda: service.create(body, self.region)
                case "POST", ["quantum-tasks"]:
                    return "search", lambda: service.searched(json.loads(self.body))
                case "GET", ["quantum-task", arn]:
                    return "task", lambda: service.task(arn)
                case "PUT", ["quantum-task", arn, "cancel"]:
                    return "cancel", lambda: service.cancel(arn)
                case "POST", [""] if parse_qs(self.body)["Action"] == ["GetCallerIdentity"]:
                    return "identity", lambda: _IDENTITY.format(service.account)
                case "PUT", [name]:
                    return "bucket", lambda: service.bucket(name)
                case "GET", [name, *key]:
                    return "object", lambda: service.object(name, "/".join(key))
            raise AssertionError(f"the stand-in knows no {self.command} {self.path}")

        def answer(self, kind: str, status: int, reply: Any) -> None:
            headers = {}
            if isinstance(reply, Wrong):
                _, code, said = reply.args
                if kind in ("object", "bucket", "identity"):
                    code = code.removesuffix("Exception") if kind != "identity" else code
                    reply = f"<Error><Code>{code}</Code><Message>{said}</Message></Error>"
                    if kind == "identity":
                        reply = f"<ErrorResponse>{reply}</ErrorResponse>"
                elif status == 503:
                    reply = "<html>Service Unavailable</html>"
                else:
                    headers["x-amzn-ErrorType"] = code
                    reply = {"message": said}
            raw = (reply if isinstance(reply, str) else json.dumps(reply)).encode()
            self.send_response(status)
            if status == 429:
                headers["Retry-After"] = "0.01"
            headers["Content-Type"] = "application/json" if raw[:1] in (b"{", b"[") else "text/xml"
            headers["Content-Length"] = str(len(raw))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(raw)
            self.wfile.flush()

    return Braket
