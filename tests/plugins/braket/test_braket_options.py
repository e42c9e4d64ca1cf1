"""What is written in backends.yaml is checked when it is read, and no SDK is imported for it."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from qfusion_braket.device import Braket
from qfusion_braket.device_names import REGIONS, SIMULATORS, address_of
from qfusion_core import InputError
from qfusion_core.backends.file import Backends
from qfusion_core.plugin.registry import Registry

FILE = """version: 1
default: it
backends:
  it:
    type: braket
    options: {options}
    budget: {{max_usd: 10}}
"""
ARN = "arn:aws:braket:us-east-1::device/qpu/ionq/Forte-1"


@pytest.fixture
def said(tmp_path):
    """What reading an entry says, after the path."""

    def _said(options):
        path = tmp_path / "backends.yaml"
        path.write_text(FILE.format(options=options))
        with pytest.raises(InputError) as failed:
            Backends.read(path).configured("it", Registry())
        assert "\n" not in str(failed.value)
        return str(failed.value).removeprefix(f"{path}:")

    return _said


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("{device: sv1, poll_timeout: 5}", "unknown key 'poll_timeout'"),
        ("{arn: sv1}", "unknown key 'arn'"),
        ("{shots: 10}", "set either device, or emulate with a file of saved properties"),
        ("{device: ionq/Fort-1, shots: 10}", "unknown device 'ionq/Fort-1'; did you mean 'ionq/"),
        ("{device: braket.local.qubit}", "unknown device 'braket.local.qubit'"),
        ("{device: iqm/Garnet}", "shots: iqm/Garnet samples; give their number"),
        (f"{{device: '{ARN}'}}", "samples; give their number"),
        ("{device: tn1}", "unknown device 'tn1'"),  # retired
        ("{device: iqm/Garnet, shots: 9, error_mitigation: debias}", "debias is IonQ's"),
        ("{device: iqm/Garnet, shots: 9, qubits: [1, 1]}", "qubits: each one once"),
        ("{emulate: forte.json, shots: 9, qubits: [1, 1]}", "qubits: each one once"),
        ("{device: iqm/Garnet, shots: 9, qubits: [-1, 1]}", "greater than or equal to 0, got -1"),
        ("{device: sv1, region: Europe}", "should match pattern"),
        ("{device: sv1, s3: bucket/folder}", "should match pattern"),
        ("{device: sv1, noise: {readout: 0.1}}", "only device local-dm has a noise model"),
        ("{device: local, region: us-east-1}", "region: only for a device at AWS; leave it out"),
        ("{emulate: forte.json}", "shots: an emulated device samples; give their number"),
        ("{device: sv1, shots: 0}", "greater than or equal to 1, got 0"),
    ],
)
def test_a_mistake_is_found_when_the_file_is_read(said, options, text):
    assert text in said(options)


@pytest.mark.parametrize(
    ("device", "region", "arn", "found"),
    [
        ("ionq/Forte-1", None, ARN, "us-east-1"),
        (ARN, "eu-west-2", ARN, "us-east-1"),
        (
            "iqm/Sirius",
            "eu-north-1",
            "arn:aws:braket:eu-north-1::device/qpu/iqm/Sirius",
            "eu-north-1",
        ),
        ("dm1", None, "arn:aws:braket:::device/quantum-simulator/amazon/dm1", "us-east-1"),
        ("sv1", "us-west-2", "arn:aws:braket:::device/quantum-simulator/amazon/sv1", "us-west-2"),
    ],
)
def test_where_a_device_is(device, region, arn, found):
    assert address_of(device, region) == (arn, found)


def test_short_names_are_those_of_the_sdk():
    from braket.devices import Devices

    known = {
        arn.value
        for provider in (Devices.AQT, Devices.IonQ, Devices.IQM, Devices.Rigetti, Devices.Amazon)
        for name, arn in provider.__members__.items()
        if not name.startswith("_")
    }
    ours = {address_of(name, None).arn for name in (*REGIONS, *SIMULATORS)}
    assert ours == known


def test_half_of_the_credentials():
    with pytest.raises(ValidationError, match="access_key_id and secret_access_key go together"):
        Braket.Credentials(access_key_id="AKIA")


def test_what_changes_no_value_does_not_count():
    base = {"device": "iqm/Garnet", "shots": 100}
    neutral = ({}, {"tags": {"a": "b"}}, {"s3": "s3://bucket"}, {"max_parallel": 3})
    digests = {Braket(Braket.Options(**base, **more)).values_digest() for more in neutral}
    assert len(digests) == 1
    other = Braket(Braket.Options(**{**base, "qubits": (3, 4)})).values_digest()
    assert other not in digests


def test_reading_options_imports_no_sdk():
    code = """
import sys
from qfusion_core.backends.file import Backends
from qfusion_core.plugin.registry import Registry
backends = Backends.read()
assert backends.configured("ionq-forte", Registry())[1].shots == 500
assert backends.configured("sv1", Registry())[1].shots is None
assert not {"braket", "boto3", "botocore"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
