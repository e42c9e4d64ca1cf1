"""A connection to IBM's service: who we are, and the SDK's client with our transport."""

from __future__ import annotations

import weakref
from hashlib import sha256
from typing import Any

from pydantic import SecretStr

from qfusion_core import CredentialsMissing, InputError, Refused, Transient, did_you_mean
from qfusion_ibm.errors import refuse_certificate, translated_errors
from qfusion_ibm.options import Credentials, Options
from qfusion_ibm.sdk_logging import keep_headers_private, quiet
from qfusion_ibm.service_address import stand_in

_CONNECT = 10.0  # seconds


def require_credentials(options: Options, credentials: Credentials | None) -> Credentials:
    """Refuse a machine without them.

    Raises:
        CredentialsMissing: Says how they are given.
    """
    if credentials is None or credentials.token is None or credentials.instance is None:
        raise CredentialsMissing(
            f"ibm: {options.backend} needs a token and an instance; add credentials: "
            "{token: {$env: QISKIT_IBM_TOKEN}, instance: {$env: QISKIT_IBM_INSTANCE}}, and export "
            "both: an API key, and the CRN or the name of the instance that pays"
        )
    return credentials


class Connection:
    """An open connection.

    Attributes:
        service: The SDK's `QiskitRuntimeService`.
        client: Its REST client.
        transport: What carries the client's requests.
    """

    def __init__(self, options: Options, credentials: Credentials) -> None:
        """Log in.

        Raises:
            Refused: IBM does not know the token or the instance.
            Transient: IBM Cloud cannot be reached.
        """
        assert credentials.token is not None and credentials.instance is not None
        keep_headers_private()
        with translated_errors(reads=True):
            _require_token(credentials.token, options.request_seconds)
            from qiskit_ibm_runtime import QiskitRuntimeService

            from qfusion_ibm.no_retry_transport import NoRetryAdapter

            with quiet():
                self.service = QiskitRuntimeService(
                    channel=options.channel,
                    # never in a variable: tracebacks can show those
                    token=credentials.token.get_secret_value(),
                    instance=credentials.instance.get_secret_value(),
                    url=stand_in(),
                )
            self.transport = NoRetryAdapter(options.request_seconds)
            # a session that is still to be closed holds the service
            weakref.finalize(self.service, self.transport.close)
            # the SDK has no public way to these: it makes the sessions, with its retries
            self.client: Any = self.service._active_api_client
            for client in (self.client, *self.service._get_api_clients().values()):
                client._session.mount("https://", self.transport)
                client._session.mount("http://", self.transport)
            self.service.usage()  # 401 here, before the SDK takes it for "no such backend"

    @property
    def account(self) -> str:
        """A name for the instance that does not tell it: its CRN holds the account's number."""
        return f"instance {sha256(str(self.client._instance).encode()).hexdigest()[:12]}"

    def backend(self, name: str) -> Any:
        """A machine by its name.

        Raises:
            InputError: There is none in this instance; suggests one.
            Transient: IBM lists none at all.
        """
        with translated_errors(reads=True):
            names = [backend["name"] for backend in self.client.list_backends()]
            if not names:  # of a reply without a list, the SDK makes an empty one
                raise Transient(
                    "IBM lists no machine of this instance: is QISKIT_IBM_INSTANCE the right one?"
                )
            if name not in names:
                raise InputError(
                    f"ibm: no machine {name!r} in this instance; {did_you_mean(name, names)}; "
                    "snapshots are written fake_..."
                )
            # asked before the SDK does, which says of any fault here that there is no such backend
            self.client.backend_configuration(name)
            return self.service.backend(name)

    def least_busy(self, qubits: int) -> Any:
        """The machine with the shortest queue of those with enough qubits.

        Raises:
            InputError: There is none.
        """
        from qiskit.providers.exceptions import QiskitBackendNotFoundError

        with translated_errors(reads=True):
            try:
                return self.service.least_busy(min_num_qubits=qubits)
            except QiskitBackendNotFoundError:
                raise InputError(
                    f"ibm: no machine in this instance is online and has {qubits} qubits; use a "
                    "quantum encoder with fewer qubits, or a snapshot"
                ) from None


def _require_token(token: SecretStr, seconds: float) -> None:
    """Ask IBM Cloud itself: the SDK says `invalid token` of a network that is down, after 60 s."""
    from ibm_cloud_sdk_core import ApiException
    from ibm_cloud_sdk_core.authenticators import IAMAuthenticator
    from qiskit_ibm_runtime.api.auth import CLOUD_IAM_URL
    from requests import RequestException

    manager = IAMAuthenticator(
        token.get_secret_value(), url=f"https://{CLOUD_IAM_URL}"
    ).token_manager
    manager.http_config = {"timeout": (_CONNECT, seconds)}
    try:
        manager.request_token()
    except ApiException as error:
        if error.status_code >= 500 or error.status_code == 429:
            raise Transient(f"IBM Cloud cannot log anybody in: {error.status_code}") from None
        raise Refused(
            f"IBM Cloud does not accept the token ({error.status_code}): {error.message}",
            next_step="export QISKIT_IBM_TOKEN with an API key that is valid",
        ) from None
    except RequestException as error:
        refuse_certificate(error)
        raise Transient(f"IBM Cloud cannot be reached: {error}") from None
