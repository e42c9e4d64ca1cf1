"""PennyLane's own device tests over backends of qfusion, as they are shipped with PennyLane.

    python examples/doors/pennylane_suite.py [--only NAME]

Each test passes, is skipped by the suite's own marks, or is one of `EXPECTED`, with its reason.
Results are written to ``results/pennylane_suite.json``; the exit code is 1 where anything else
fails.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pennylane.devices.tests
from outcomes import FAILED, outcomes

from qfusion_core.provenance import provenance

HERE = Path(__file__).parent
STATE = "reads the state vector, which a backend of expectation values has not"
EXPECTED = {
    "test_custom_state_measurement": STATE,
    "test_BasisRotation": STATE,
    "test_FlipSign": STATE,
    "test_MottonenStatePreparation_state": STATE,
}


class Case(NamedTuple):
    """One run of the suite."""

    backend: str
    shots: int | None

    @property
    def title(self) -> str:
        """For lines that people read."""
        return f"{self.backend}, {'analytic' if self.shots is None else f'{self.shots} shots'}"


CASES = (Case("statevector", None), Case("statevector", 100_000), Case("lightning", 100_000))


def run(case: Case, extra: Sequence[str] = ()) -> dict[str, Any]:
    """Counts of outcomes, and the names of tests that failed, parameters left out.

    Args:
        case: Backend and shots.
        extra: More arguments of pytest, such as ``-k gradients``.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        words = [
            sys.executable, "-m", "pytest", str(Path(pennylane.devices.tests.__file__).parent),
            "--device", "qfusion", "--shots", str(case.shots), "--device-kwargs",
            f"backend={case.backend}", "-q", "-p", "no:cacheprovider", "--no-flaky-report",
            "-W", "ignore", f"--junit-xml={report}", *extra,
        ]  # fmt: skip
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        if not report.exists():
            raise SystemExit(f"the suite did not run:\n{done.stdout}{done.stderr}")
        found = list(outcomes(report))
    failed = Counter(each.name for each in found if each.became in FAILED)
    return {
        "backend": case.backend, "shots": case.shots,
        "outcomes": Counter(each.became for each in found),
        "expected": {name: failed[name] for name in sorted(failed) if name in EXPECTED},
        "unexpected": {name: failed[name] for name in sorted(failed) if name not in EXPECTED},
    }  # fmt: skip


def main(words: Sequence[str] | None = None) -> int:
    """Run all cases; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", metavar="NAME", help="cases of this backend, nothing is written")
    options = parser.parse_args(words)
    chosen = [case for case in CASES if options.only in (None, case.backend)]
    results = []
    for case in chosen:
        results.append(run(case))
        print(f"{case.title}: {json.dumps(results[-1]['outcomes'])}", flush=True)
        for name, times in results[-1]["unexpected"].items():
            print(f"  unexpected: {name} ({times})", flush=True)
    if options.only is None:
        document = {"reasons": EXPECTED, "cases": results, "provenance": provenance()}
        path = HERE / "results" / "pennylane_suite.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(document, indent=1) + "\n")
    return int(any(each["unexpected"] for each in results))


if __name__ == "__main__":
    sys.exit(main())
