""".ci/blame.py: which dependency a failure is put down to, and what it says of versions."""

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).parents[1] / ".ci" / "blame.py"
DEEP = """tests/plugins/test_x.py:3: in test_x
    ours()
/venv/lib/python3.11/site-packages/numpy/linalg/_linalg.py:7: in solve
    raise error
/venv/lib/python3.11/site-packages/_pytest/raises.py:1: in raises
E   ValueError: singular"""
JUNIT = f"""<testsuites><testsuite>
<testcase classname="tests.plugins.test_x" name="test_x">
<failure message="ValueError: singular&#10;more">{DEEP}</failure></testcase>
<testcase classname="tests.plugins.test_x" name="test_y"><failure message="m">{DEEP}</failure>
</testcase>
<testcase classname="tests.plugins.ibm.test_z" name="test_z">
<error message="AssertionError: 1 == 2">
tests/plugins/ibm/test_z.py:9: in test_z</error></testcase>
<testcase classname="tests.data.test_a" name="test_a"><failure message="no">in test_a</failure>
</testcase>
<testcase classname="tests.data.test_b" name="test_b"/>
</testsuite></testsuites>"""
LOCK = """numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:00
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:00
qiskit-ibm-runtime==0.51.0 \\
    --hash=sha256:00
torch==2.13.0 \\
    --hash=sha256:00
"""


@pytest.fixture(scope="module")
def blame():
    spec = importlib.util.spec_from_file_location("blame", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_failures_are_counted_by_the_package_that_raised(blame):
    installed = "numpy==2.6.0\nqiskit_ibm_runtime==0.52.0\ntorch==2.13.0+cpu\nnew-one==1\n"
    assert blame.report(JUNIT, installed, LOCK) == [
        "new-one: not locked -> 1",
        "numpy: 2.4.6, 2.5.5 -> 2.6.0",
        "qiskit-ibm-runtime: 0.51.0 -> 0.52.0",
        "",
        "broken, by dependency:",
        "  numpy, 2.4.6, 2.5.5 -> 2.6.0: 2",
        "    tests.plugins.test_x.test_x: ValueError: singular",
        "    tests.plugins.test_x.test_y: m",
        "  qiskit-ibm-runtime (by the test's folder), 0.51.0 -> 0.52.0: 1",
        "    tests.plugins.ibm.test_z.test_z: AssertionError: 1 == 2",
        "  no package: see the log: 1",
        "    tests.data.test_a.test_a: no",
    ]


@pytest.mark.vendor  # it is asked who has the file
def test_of_packages_that_share_a_name_it_is_the_one_that_has_the_file(blame):
    place = "/venv/lib/python3.11/site-packages/{}:3: in f"
    simulator = place.format("braket/default_simulator/simulator.py")
    assert blame.blame(simulator, "tests.plugins.braket.x") == "amazon-braket-default-simulator"
    sdk = place.format("braket/aws/aws_device.py")
    assert blame.blame(f"{simulator}\n{sdk}", "tests.plugins.braket.x") == "amazon-braket-sdk"


def test_where_nothing_broke_it_says_so(blame):
    passed = '<testsuite><testcase classname="a" name="b"/></testsuite>'
    assert blame.report(passed, "numpy==2.4.6\ntorch==2.13.0+cpu\n", LOCK) == ["", "nothing broke"]
