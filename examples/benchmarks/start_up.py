"""CPU time until the command line answers, beside that of ``import typer, pydantic``.

Each command runs in a process of its own, all of them in turn in every round; a ratio is of one
round, a figure the median over the rounds. CPU time is that of the user and of the system, with the
start of Python. What is misspelt is refused, and needs neither torch nor PennyLane. The last two
rows do need them; `--python` measures another environment, to compare them with:

    python examples/benchmarks/start_up.py --json examples/benchmarks/results/start_up.json
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
from typing import Any, NamedTuple

from timing.arguments import new_file

from qfusion_core import write_atomically
from qfusion_core.provenance import provenance


class Command(NamedTuple):
    """What is measured.

    Attributes:
        words: Behind ``python``.
        code: With which it ends.
        limit: Of the ratio; None where there is none.
    """

    words: tuple[str, ...]
    code: int = 0
    limit: float | None = None


REFERENCE = "import typer, pydantic"
RUN = "run"  # in the folder where commands run


def _verb(*words: str, code: int = 2, limit: float | None = 5) -> Command:
    return Command(("-m", "qfusion_core", *words), code, limit)


COMMANDS = {
    REFERENCE: Command(("-c", REFERENCE)),
    "import qfusion_core": Command(("-c", "import qfusion_core"), limit=2),
    "qfusion --help": _verb("--help", code=0, limit=2),
    "qfusion plugins": _verb("plugins", code=0),
    "misspelt verb": _verb("trian", "wine"),
    "misspelt data set": _verb("train", "wime"),
    "misspelt file": _verb("train", "file:tabel.csv"),
    "misspelt preset": _verb("train", "wine", "--preset", "stong"),
    "misspelt fusion": _verb("train", "wine", "--fusion", "cross-atention"),
    "misspelt key": _verb("train", "wine", "--set", "fusion.options.widht=3"),
    "misspelt backend": _verb("train", "wine", "--backend", "statevectr"),
    "misspelt run folder": _verb("evaluate", "rnu"),
    "misspelt backend of evaluate": _verb("evaluate", RUN, "--backend", "statevectr"),
    "misspelt file of predict": _verb("predict", RUN, "tabel.csv"),
    "load a run": Command(("-c", f"from qfusion_core import load; load({RUN!r}, 'statevector')")),
    "qfusion evaluate": _verb("evaluate", RUN, code=0, limit=None),
}


def cpu_seconds(python: str, command: Command, folder: Path) -> float:
    """Of one process, and of those that it waited for.

    Raises:
        SystemExit: It did not end as it should.
    """
    process = subprocess.Popen(
        [python, *command.words],
        cwd=folder,
        env=_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != command.code:
        raise SystemExit(f"{command.words}: exit code {process.returncode}: {said.strip()}")
    return used.ru_utime + used.ru_stime


def _environment() -> dict[str, str]:
    """One thread, and the packaged backends, whatever this machine has."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QFUSION_B")}
    return {**kept, "OMP_NUM_THREADS": "1"}


def measure(python: str, rounds: int, folder: Path) -> dict[str, dict[str, Any]]:
    """CPU seconds and ratios of each command; the first round only warms up."""
    train = ("train", "wine", "--preset", "hardware", "--set", "training.epochs=1", "--out", RUN)
    cpu_seconds(python, _verb(*train, code=0), folder)
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(rounds + 1):
        for name, command in COMMANDS.items():
            used = cpu_seconds(python, command, folder)
            if turn:
                seconds[name].append(used)
    found: dict[str, dict[str, Any]] = {}
    for name, spent in seconds.items():
        pairs = zip(spent, seconds[REFERENCE], strict=True)
        ratio = statistics.median(one / reference for one, reference in pairs)
        limit = COMMANDS[name].limit
        found[name] = {
            "cpu_seconds": round(statistics.median(spent), 4),
            "ratio": round(ratio, 3),
            "limit": limit,
            "met": None if limit is None else ratio <= limit,
            "rounds": [round(each, 4) for each in spent],
        }
    return found


def main() -> None:
    """Measure, print, and write where told to."""
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7, help="rounds")
    parser.add_argument("--python", default=sys.executable, help="of the environment to measure")
    parser.add_argument("--json", type=new_file, metavar="FILE", help="write all measurements")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(arguments.python, arguments.repeats, Path(folder))
    for name, row in found.items():
        limit = "" if row["limit"] is None else f", limit {row['limit']:g}"
        passed = {None: "", True: ": met", False: ": NOT met"}[row["met"]]
        print(f"{name:30} {row['cpu_seconds']:6.2f} CPU s {row['ratio']:6.2f}{limit}{passed}")
    if arguments.json:
        document = {"reference": REFERENCE, "commands": found, "provenance": provenance()}
        write_atomically(arguments.json, json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
