"""qiskit-machine-learning's own tests of EstimatorQNN over our estimator.

    git clone https://github.com/qiskit-community/qiskit-machine-learning
    pip install qiskit-machine-learning ddt
    python examples/doors/qiskit_suite.py qiskit-machine-learning

The tests make an ``EstimatorV2`` of qiskit-ibm-runtime; a `conftest.py` beside a copy of them puts
`QfusionEstimator` over ``statevector`` in its place. Results are written to
``results/qiskit_suite.json``, with the digests of the estimator's files, so that nobody takes them
for those of a later one; the exit code is 1 where a test fails.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from outcomes import FAILED, outcomes

import qfusion_ibm
from qfusion_core.provenance import provenance

HERE = Path(__file__).parent
TESTS = (
    "test/neural_networks/test_estimator_qnn.py",
    "test/gradients/test_estimator_gradient.py",
    "test/connectors/test_torch_networks.py",
    "test/algorithms/classifiers/test_neural_network_classifier.py",
)
FILES = ("qfusion_estimator.py", "from_qiskit.py", "pub_rows.py")
PLACED = """
import qiskit_ibm_runtime
from qfusion_ibm import QfusionEstimator


class Placed(QfusionEstimator):
    def __init__(self, mode=None, options=None):
        super().__init__("statevector")


qiskit_ibm_runtime.EstimatorV2 = Placed
"""


def digests() -> dict[str, str]:
    """SHA-256 of each file that the estimator is made of."""
    folder = Path(qfusion_ibm.__file__).parent
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}


def main(words: Sequence[str] | None = None) -> int:
    """Run them; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repository", type=Path, help="of qiskit-machine-learning")
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(options.repository / "test", Path(folder) / "test")
        (Path(folder) / "conftest.py").write_text(PLACED)
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-W", "ignore", f"--junit-xml={report}"]
        subprocess.run([*command, *TESTS], cwd=folder, check=False)
        found: dict[str, Counter[str]] = {}
        for each in outcomes(report):
            found.setdefault(each.group, Counter())[each.became] += 1
    versions = {name: version(name) for name in ("qiskit", "qiskit-machine-learning")}
    document = {"tests": TESTS, "outcomes": found, "versions": versions, "files": digests()}
    document["provenance"] = provenance()
    path = HERE / "results" / "qiskit_suite.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    return int(any(each[became] for each in found.values() for became in FAILED))


if __name__ == "__main__":
    sys.exit(main())
