"""A connection to AWS: who we are, and clients that send each request once.

boto repeats a request that got no clear reply, and a POST that was repeated is bought twice behind
the journal unless AWS notices. Here nothing is repeated: the core does that, after it has asked
whether the task is there.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import cached_property
from typing import Any

from pydantic import SecretStr

from qfusion_braket.device_names import address_of
from qfusion_braket.errors import SIGN_IN, translated_errors
from qfusion_braket.options import Credentials, Options
from qfusion_core import CredentialsMissing, InputError, QfusionError

_CONNECT, _IDENTITY = 10, 5  # seconds
# at DEBUG they write down session tokens that are sent, and all that comes back
_TALKATIVE = ("botocore.auth", "botocore.endpoint", "botocore.parsers")


class Connection:
    """An open connection; nothing is sent for it.

    Attributes:
        address: ARN and region of the device.
        braket: The client for tasks and devices.
        s3: The client for results.
        sending: What is told before a task goes out.
    """

    def __init__(self, options: Options, credentials: Credentials | None) -> None:
        """Find credentials.

        Raises:
            CredentialsMissing: There are none; says how they are given.
            Refused: They cannot be fetched.
        """
        assert options.device is not None
        self.address, self._options = address_of(options.device, options.region), options
        self._bucket: str | None = None
        for name in _TALKATIVE:
            logger = logging.getLogger(name)
            logger.setLevel(max(logger.level, logging.INFO))
        with translated_errors():
            import boto3
            from botocore.config import Config
            from botocore.exceptions import ProfileNotFound

            try:
                self._session = boto3.Session(
                    profile_name=options.profile,
                    region_name=self.address.region,
                    **_keys(credentials),
                )
                resolved = self._session.get_credentials()
            except ProfileNotFound as error:
                raise InputError(f"braket: {error}; correct profile in backends.yaml") from None
            if resolved is None:
                raise CredentialsMissing(
                    f"braket: no AWS credentials for {self.address.short}, whose limits and prices "
                    f"are asked of AWS before anything is sent; {SIGN_IN}; without an account, "
                    "use device: local, emulate: FILE of a device's saved properties, or, for "
                    "--dry-run and estimate --offline, properties: FILE beside device"
                )
            self._resolved, self._first = resolved, _frozen(resolved)
            if wrong := [name for name, text in self._first.items() if not _is_printable(text)]:
                raise InputError(
                    f"braket: {wrong[0]}, or what stands for it in AWS's files, holds a control "
                    "character, such as a line end; set it anew without"
                )
            config = Config(
                retries={"total_max_attempts": 1, "mode": "standard"},
                user_agent_extra="qfusion",
                connect_timeout=_CONNECT,
                read_timeout=options.request_seconds,
            )
            endpoint = os.environ.get("BRAKET_ENDPOINT")  # as the SDK reads it
            self.braket: Any = self._session.client("braket", config=config, endpoint_url=endpoint)
            self.s3: Any = self._session.client("s3", config=config)
            self.sending = SendingMark()
            event = "before-send.braket.CreateQuantumTask"
            self.braket.meta.events.register(event, self.sending)

    @cached_property
    def account(self) -> str | None:
        """The account's number; None where AWS does not tell it, at once."""
        from botocore.config import Config

        quick = Config(
            retries={"total_max_attempts": 1}, connect_timeout=_IDENTITY, read_timeout=_IDENTITY
        )
        try:
            with translated_errors():
                number = self._session.client("sts", config=quick).get_caller_identity()["Account"]
        except QfusionError:
            return None
        return f"AWS account {number}" if str(number).isdigit() else None

    @property
    def secrets(self) -> list[str]:
        """What must not be said: the first credentials, and what they were refreshed to since."""
        # private names: the public ones ask for new credentials where the old ones are over
        now = [getattr(self._resolved, name, None) for name in ("_secret_key", "_token")]
        first = [
            secret.get_secret_value()
            for name, secret in self._first.items()
            if name != "AWS_ACCESS_KEY_ID"
        ]
        return [text for text in (*first, *now) if text]

    def output(self) -> tuple[str, str]:
        """Bucket and folder of the results; makes the account's bucket for Braket if need be.

        Raises:
            Refused: It cannot be made.
        """
        if self._options.s3 is not None:
            bucket, _, folder = self._options.s3.removeprefix("s3://").partition("/")
            return bucket, folder.strip("/") or "qfusion"
        if self._bucket is None:
            with translated_errors():
                from braket.aws import AwsSession

                session = AwsSession(boto_session=self._session, braket_client=self.braket)
                self._bucket = session.default_bucket()
        return self._bucket, "qfusion"

    def read(self, bucket: str, key: str) -> bytes:
        """Contents of an object in S3."""
        with translated_errors():
            raw: bytes = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return raw


class SendingMark:
    """Told by boto right before a task goes out, after everything that can go wrong before.

    Attributes:
        before_post: Called with the body of the request; what it raises keeps the task from being
            sent.
        posted: A task was sent since this was last set to False.
    """

    def __init__(self) -> None:
        self.before_post: Callable[..., None] | None = None
        self.posted = False

    def __call__(self, request: Any, **event: Any) -> None:
        """See botocore's event `before-send`."""
        body = request.body or b""
        if self.before_post is not None:
            self.before_post(body if isinstance(body, bytes) else str(body).encode())
        self.posted = True


def _frozen(credentials: Any) -> dict[str, SecretStr]:
    """What there is, by the variable that gives it: never as text in a variable of ours.

    Tracebacks can show those.
    """
    names = {
        "AWS_ACCESS_KEY_ID": "access_key",
        "AWS_SECRET_ACCESS_KEY": "secret_key",
        "AWS_SESSION_TOKEN": "token",
    }
    frozen = credentials.get_frozen_credentials()
    return {
        name: SecretStr(getattr(frozen, attribute))
        for name, attribute in names.items()
        if getattr(frozen, attribute)
    }


def _is_printable(secret: SecretStr) -> bool:
    """Without control characters: boto quotes a header that it cannot send."""
    return secret.get_secret_value().isprintable()


def _keys(credentials: Credentials | None) -> dict[str, str]:
    names = {
        "access_key_id": "aws_access_key_id",
        "secret_access_key": "aws_secret_access_key",
        "session_token": "aws_session_token",
    }
    return {
        names[name]: value.get_secret_value()
        for name, value in credentials or ()
        if value is not None
    }
