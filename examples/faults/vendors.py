"""Both vendors: their machine, what a process needs to find it, their backend's options."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faults import braket, ibm
from faults.ibm_machine import MACHINE
from faults.machine import Machine

# how the adapter is told what to make IBM's hosts of: an option in releases before 0.2
IBM_OPTION, IBM_VARIABLE, IBM_HOST = "url", "QFUSION_IBM_LOOPBACK", "http://cloud.localhost"


@dataclass(frozen=True)
class Vendor:
    """One vendor.

    Attributes:
        name: Of the device and of the backend.
        machine: Makes its service.
        home: ``module:class`` of the adapter.
        options: Of the backend.
        credentials: Of the backend, in backends.yaml.
        keys: Environment with the credentials.
        other_keys: The same of another instance or account.
        secret: Among them, what must never be said.
        tokens: Whether a job that is sent twice under one key is one job to the provider.
    """

    name: str
    machine: Callable[[], Machine]
    home: str
    options: Mapping[str, Any]
    credentials: Mapping[str, Any]
    keys: Mapping[str, str]
    other_keys: Mapping[str, str]
    secret: str
    tokens: bool

    def surroundings(self, address: str, certificate: Path) -> dict[str, str]:
        """Environment in which the service is found, and nothing else."""
        if self.name == "braket":
            nowhere = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), "/nowhere")
            quiet = {"AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "*", "no_proxy": "*"}
            return {"AWS_ENDPOINT_URL": address, **nowhere, **quiet}
        names = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
        none = {"NO_PROXY": "", "no_proxy": "", "USAGE_DATA_OPT_OUT": "True"}
        found = {"REQUESTS_CA_BUNDLE": str(certificate), IBM_VARIABLE: IBM_HOST}
        return {**dict.fromkeys(names, address), **none, **found}


@dataclass(frozen=True)
class Release:
    """What the installed release can do: older ones lack some of it.

    Attributes:
        ibm_option: IBM's address is an option of the backend.
        request_seconds: The longest wait for a reply is an option.
        resume_asks: ``jobs resume`` shows the price and wants ``--yes``.
    """

    ibm_option: bool
    request_seconds: bool
    resume_asks: bool
    options: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def installed(cls) -> Release:
        """That which is played."""
        import inspect

        from qfusion_core.cli.jobs.resume import resume
        from qfusion_ibm.options import Options

        fields = frozenset(Options.model_fields)
        return cls(
            IBM_OPTION in fields,
            "request_seconds" in fields,
            "yes" in inspect.signature(resume).parameters,
            fields,
        )


IBM = Vendor(
    "ibm",
    ibm.IBM,
    "qfusion_ibm.device:IBM",
    {"backend": MACHINE, "shots": ibm.SHOTS},
    {"token": {"$env": "QISKIT_IBM_TOKEN"}, "instance": {"$env": "QISKIT_IBM_INSTANCE"}},
    {"QISKIT_IBM_TOKEN": ibm.KEY, "QISKIT_IBM_INSTANCE": ibm.INSTANCE},
    {"QISKIT_IBM_TOKEN": ibm.KEY, "QISKIT_IBM_INSTANCE": ibm.OTHER_INSTANCE},
    ibm.KEY,
    tokens=False,
)
BRAKET = Vendor(
    "braket",
    braket.Braket,
    "qfusion_braket.device:Braket",
    {"device": "iqm/Garnet", "shots": braket.SHOTS, "s3": "s3://results/here"},
    {},
    {"AWS_ACCESS_KEY_ID": braket.KEY, "AWS_SECRET_ACCESS_KEY": braket.SECRET},
    {"AWS_ACCESS_KEY_ID": braket.OTHER_KEY, "AWS_SECRET_ACCESS_KEY": braket.SECRET},
    braket.SECRET,
    tokens=True,
)
VENDORS = {vendor.name: vendor for vendor in (IBM, BRAKET)}


def make_certificate(folder: Path) -> Path:
    """For the one host that IBM's client insists on: a throw-away certificate with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    host = "iam.cloud.ibm.com"
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
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
