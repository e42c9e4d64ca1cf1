"""Time and memory of loading a table of 581,012 rows, here and with another version of qfusion.

Two tables of that length are made: of Covertype's shape (54 whole numbers, most of them 0 or 1),
and ten columns of decimals that float32 does not hold. Each is loaded as a user's file (`file`:
read, checked, split) and as features to predict; with QFUSION_DATA also the data set `covertype`.
Each figure is of a process of its own: CPU and wall seconds of loading, and the peak of its memory
beyond the imports (Linux only). Versions take turns, so that what slows the machine slows both.

    python examples/benchmarks/table_loading.py --against OTHER/bin/python --json FILE
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from timing.arguments import new_file

from qfusion_core.provenance import provenance
from qfusion_core.storage.writing import write_atomically

ROWS = 581_012
CASES = ("file whole", "features whole", "file decimals", "features decimals", "covertype")

# run by either version: public names that both have
LOADING = """
import json, sys, time
import numpy, pandas, pyarrow, sklearn.model_selection
import qfusion_core
from qfusion_core import read_features
from qfusion_datasets.covertype import Covertype
from qfusion_datasets.file import File

def peak():
    # of this process alone: what getrusage tells begins at the size of the one that started it
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

what, path, columns = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
before, cpu, wall = peak(), time.process_time(), time.perf_counter()
if what == "file":
    File(File.Options(path=path)).load(seed=0)
elif what == "features":
    read_features(path, columns)
else:
    Covertype(Covertype.Options()).load(seed=0)
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
print(json.dumps({"cpu_seconds": cpu, "wall_seconds": wall, "peak_mb": peak() - before}))
"""


def write_tables(folder: Path) -> dict[str, Path]:
    """The two tables, as CSV."""
    random = np.random.default_rng(0)
    whole = np.concatenate(
        [random.integers(0, 7000, (ROWS, 10)), random.integers(0, 2, (ROWS, 44))], axis=1
    )
    decimals = np.round(random.normal(100, 50, (ROWS, 10)), 4)
    paths = {}
    for name, table in (("whole", whole), ("decimals", decimals)):
        frame = pd.DataFrame(table, columns=[f"f{j}" for j in range(table.shape[1])])
        frame["label"] = random.integers(1, 8, ROWS)
        paths[name] = folder / f"{name}.csv"
        frame.to_csv(paths[name], index=False)
    return paths


def measure(python: str, case: str, paths: dict[str, Path]) -> dict[str, float]:
    """One case in a process of its own."""
    what, _, table = case.partition(" ")
    columns = [f"f{j}" for j in range(54 if table == "whole" else 10)]
    words = [python, "-c", LOADING, what, str(paths.get(table, "")), json.dumps(columns)]
    done = subprocess.run(
        words, capture_output=True, text=True, check=True, cwd=tempfile.gettempdir()
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Measure, print, and write where told to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--against", metavar="PYTHON", help="of an environment with another qfusion"
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=new_file, metavar="FILE", help="write all measurements")
    arguments = parser.parse_args()
    pythons = {"this": sys.executable}
    if arguments.against:
        pythons["other"] = arguments.against
    cases = CASES if os.environ.get("QFUSION_DATA") else CASES[:-1]
    runs: dict[str, dict[str, list[dict[str, float]]]] = {
        case: {name: [] for name in pythons} for case in cases
    }
    with tempfile.TemporaryDirectory() as folder:
        paths = write_tables(Path(folder))
        for _ in range(arguments.repeats):
            for case in cases:
                for name, python in pythons.items():
                    runs[case][name].append(measure(python, case, paths))
    for case, found in runs.items():
        for name, rows in found.items():
            medians = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
            shown = "  ".join(f"{key} {value:8.2f}" for key, value in medians.items())
            print(f"{case:18} {name:6} {shown}")
    if arguments.json:
        document: dict[str, Any] = {
            "rows": ROWS, "repeats": arguments.repeats, "runs": runs, "provenance": provenance(),
        }  # fmt: skip
        write_atomically(arguments.json, json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
