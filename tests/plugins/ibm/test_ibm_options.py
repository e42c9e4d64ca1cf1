"""What is written in backends.yaml is checked when it is read, and no SDK is imported for it."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from qfusion_core import InputError
from qfusion_core.backends.file import Backends
from qfusion_core.backends.opening import open_named
from qfusion_core.plugin.registry import Registry
from qfusion_ibm.device import IBM
from qfusion_ibm.options import LEAST_HERE
from qfusion_ibm.programs import SentJob, program_facts, program_of
from qfusion_ibm.sdk_version import gives_counts
from support.ibm.access import credentials
from support.remote_circuit import CIRCUIT, DATA, WEIGHTS, WORDS

FILE = """version: 1
default: it
backends:
  it:
    type: ibm
    options: {options}
    budget: {{max_jobs: 10}}
"""


@pytest.fixture
def said(tmp_path):
    """What reading an entry says, after the path."""

    def _said(options, act="configured"):
        path = tmp_path / "backends.yaml"
        path.write_text(FILE.format(options=options))
        backends = Backends.read(path)
        with pytest.raises(InputError) as failed:
            backends.configured("it", Registry()) if act == "configured" else open_named(
                backends, "it"
            )
        return str(failed.value).removeprefix(f"{path}:")

    return _said


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("{backend: ibm_fez, shot: 1}", "unknown key 'shot', did you mean 'shots'?"),
        ("{backend: ibm_fez}", "set either shots or precision: the machine samples"),
        ("{backend: ibm_fez, shots: 10, precision: 0.1}", "set either shots or precision"),
        ("{backend: ibm_fez, shots: 10, resilience_level: 7}", "less than or equal to 2, got 7"),
        ("{backend: fake_manilla, shots: 10}", "unknown snapshot 'fake_manilla'; did you mean"),
        ("{backend: ibm_fez, shots: 10, seed: 1}", "seed: a machine such as ibm_fez cannot honour"),
        ("{backend: ibm_fez, shots: 10, mode: batches}", "'job', 'batch' or 'session'"),
        ("{backend: ibm_fez, shots: 10, dynamical_decoupling: XYZ}", "'XX', 'XpXm' or 'XY4'"),
        ("{backend: ibm_fez, shots: 10, twirling: all}", "'gates', 'measurement' or 'both'"),
        ("{backend: ibm_fez, shots: 10, channel: ibm}", "'ibm_quantum_platform' or 'ibm_cloud'"),
        ("{backend: ibm fez, shots: 10}", "should match pattern"),
        ("{backend: ibm_fez, shots: 10, max_execution_time: 99999}", "less than or equal to 10800"),
        ("{backend: ibm_fez, shots: 10, job_tags: [mine, '']}", "job_tags"),
        (
            "{backend: ibm_fez, shots: 10, pec_mitigation: true}",
            "pec_mitigation: PEC and PEA need a job of their own to learn the noise, and none is "
            "sent; use zne_mitigation: true (folded gates)",
        ),
        ("{backend: ibm_fez, shots: 10, zne_amplifier: pea}", "zne_amplifier: PEC and PEA need"),
        (
            "{backend: ibm_fez, shots: 10, zne_noise_factors: [1, 3]}",
            "zne_noise_factors is of ZNE, which is off: add zne_mitigation: true",
        ),
        (
            "{backend: ibm_fez, shots: 10, zne_mitigation: true, zne_noise_factors: [3, 1]}",
            "zne_noise_factors: expected an ascending list without repetitions",
        ),
        (
            "{backend: ibm_fez, shots: 10, resilience_level: 2, zne_extrapolator: "
            "polynomial_degree_3}",
            "polynomial_degree_3 needs at least 5 zne_noise_factors, got 3",
        ),
        (
            "{backend: ibm_fez, shots: 10, zne_mitigation: true, zne_noise_factors: [.inf, 1]}",
            "zne_noise_factors",
        ),
    ],
)
def test_a_mistake_is_found_when_the_file_is_read(said, options, text):
    assert text in said(options)


def test_a_machine_without_credentials(said):
    assert said("{backend: ibm_fez, shots: 10}", act="open") == (
        "5:5: backends.it: ibm: ibm_fez needs a token and an instance; add credentials: {token: "
        "{$env: QISKIT_IBM_TOKEN}, instance: {$env: QISKIT_IBM_INSTANCE}}, and export both: an API "
        "key, and the CRN or the name of the instance that pays"
    )


@pytest.mark.skipif(not gives_counts(), reason="IBM's older client takes it as it is")
@pytest.mark.parametrize(("twirling", "other"), [("gates", "both"), ("none", "measurement")])
def test_trex_twirls_the_measurement(twirling, other):
    """The SDK would do so with a warning, against what stands in the file."""
    options = IBM.Options(
        backend="fake_manila", shots=10, measure_mitigation=True, twirling=twirling
    )
    with pytest.raises(InputError) as failed:
        IBM(options).expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    text = str(failed.value)
    assert f"write twirling: {other}, or measure_mitigation: false" in text
    assert "does not twirl the measurement, as TREX does with qiskit-ibm-runtime 0." in text


def test_an_instance_that_is_no_crn():
    with pytest.raises(ValidationError, match="expected a CRN of ten parts"):
        credentials(instance="crn:bad")


def test_the_channel_of_old():
    options = IBM.Options(backend="ibm_fez", shots=1, channel="ibm_quantum")
    assert options.channel == "ibm_quantum_platform"


def test_every_option_reaches_the_sdk():
    """Which checks them by its own rules."""
    options = IBM.Options(
        backend="ibm_fez", precision=0.1, resilience_level=2, twirling="gates",
        dynamical_decoupling="XY4", max_execution_time=60, measure_mitigation=False,
        zne_mitigation=True, zne_noise_factors=(1, 2, 4), zne_extrapolator=("linear", "fallback"),
    )  # fmt: skip
    if gives_counts():
        from qiskit_ibm_runtime.options_models import EstimatorOptions
    else:
        from qiskit_ibm_runtime.options import EstimatorOptions
    program = program_of(program_facts(["rz", "sx", "cz"]))
    assert program.name == ("executor" if gives_counts() else "estimator")
    made = EstimatorOptions(**program.chosen(options, SentJob(["qf-1"], 60)))
    assert made.environment.job_tags == ["qf-1"]
    assert made.default_precision == 0.1 and options.draws == 100
    assert made.resilience_level == 2 and made.max_execution_time == 60
    assert made.twirling.enable_gates is True and made.twirling.enable_measure is False
    assert made.dynamical_decoupling.sequence_type == "XY4"
    assert made.resilience.measure_mitigation is False and made.resilience.zne_mitigation is True
    assert list(made.resilience.zne.noise_factors) == [1, 2, 4]
    assert list(made.resilience.zne.extrapolator) == ["linear", "fallback"]


def test_what_changes_no_value_does_not_count():
    base = {"backend": "ibm_fez", "shots": 100}
    digests = {
        IBM(IBM.Options(**base, **more), credentials()).values_digest()
        for more in ({}, {"mode": "batch"}, {"max_execution_time": 9}, {"job_tags": ["mine"]})
    }
    assert len(digests) == 1
    other = IBM(IBM.Options(**base, resilience_level=1), credentials()).values_digest()
    assert other not in digests


def test_reading_options_imports_no_sdk():
    code = """
import sys
from qfusion_core.backends.file import Backends
from qfusion_core.plugin.registry import Registry
backends = Backends.read()
assert backends.configured("ibm-noisy", Registry())[1].backend == "fake_manila"
assert backends.configured("ibm-fez", Registry())[1].mode == "batch"
assert not {"qiskit", "qiskit_aer", "qiskit_ibm_runtime", "requests"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("backend", ["aer", "fake_manila"])
def test_what_runs_here_draws_no_more_than_memory_holds(backend):
    assert IBM.Options(backend=backend, shots=10**7).draws == 10**7
    assert IBM.Options(backend=backend, precision=LEAST_HERE).draws <= 10**7
    for name, value in (("shots", 10**7 + 1), ("shots", 10**8), ("precision", 3.1e-4)):
        with pytest.raises(ValidationError, match=f"{name}: {backend} runs here .* 10000000 shots"):
            IBM.Options(backend=backend, **{name: value})
    assert IBM.Options(backend="ibm_fez", shots=10**8).draws == 10**8
