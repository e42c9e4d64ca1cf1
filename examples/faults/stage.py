"""What a scene is played on: one machine, one run folder, and the command line."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from faults.events import Fault
from faults.machine import Machine
from faults.shell import LONGEST, Done, Running, Shell
from faults.values import Held, held
from faults.vendors import IBM_HOST, IBM_OPTION, Release, Vendor

ROWS, JOBS = 6, 3
# impatient: what takes seconds here takes minutes with the defaults
QUICK = {"poll_seconds": 0.01, "poll_seconds_max": 0.05, "tries": 3, "timeout_seconds": 30}
GRACE, REQUEST = 0.6, 2.0
MARGIN = "qfusion_core.remote.options:RemoteOptions.margin_seconds"


class Stage:
    """Made anew for each scene.

    Attributes:
        machine: The vendor's service.
        options: Of the backend; changed before a command.
        budget: Of the backend.
        keys: Credentials in the environment.
        patches: Values of the program that are other than shipped.
        said: Every command line with how it ended.
        freely: Number of jobs that were accepted before the user agreed to buy again.
        excused: Number of jobs that the provider calls done, and that failed in part.
    """

    def __init__(
        self,
        vendor: Vendor,
        machine: Machine,
        shell: Shell,
        folder: Path,
        trained: Path,
        environment: Mapping[str, str],
        release: Release,
        truth: np.ndarray | None,
    ) -> None:
        self.vendor, self.machine, self.shell, self.release = vendor, machine, shell, release
        self.folder, self.truth = folder, truth
        self.run = folder / "run"
        folder.mkdir()
        shutil.copytree(trained, self.run)
        state = {"XDG_STATE_HOME": str(folder / "state"), "TMPDIR": str(folder)}
        self.environment = {**environment, **state}
        self.options: dict[str, Any] = {**vendor.options, **QUICK, "rows_per_job": 2}
        self.patches: dict[str, Any] = {}
        self.grace(GRACE)
        if vendor.name == "ibm" and release.ibm_option:
            self.options[IBM_OPTION] = IBM_HOST
        self.budget: dict[str, Any] = {"max_jobs": 100}
        self.keys = dict(vendor.keys)
        self.name = vendor.name
        self.said: list[tuple[str, Done]] = []
        self.freely: int | None = None
        self.excused = 0

    def grace(self, seconds: float, request: float = REQUEST) -> None:
        """How long a lost job is looked for, and a reply waited for; shorter than is shipped."""
        if self.release.request_seconds:
            more = {"request_seconds": request, "grace_seconds": request + seconds}
            self.options |= {**more, "lease_seconds": max(5.0, request + seconds)}
            self.patches[MARGIN] = seconds
        else:
            self.options["grace_seconds"] = seconds
            self.patches["qfusion_ibm.no_retry_transport:_TIMEOUT"] = [10.0, request]
            timeouts = {"connect_timeout": 10, "read_timeout": request}
            self.patches["qfusion_braket.connection:_TIMEOUTS"] = timeouts

    def as_shipped(self) -> None:
        """Every constant of the program as it is delivered."""
        self.patches.clear()
        kept = {**self.vendor.options, "rows_per_job": 2}
        kept |= {name: self.options[name] for name in (IBM_OPTION,) if name in self.options}
        self.options = kept

    @property
    def journal(self) -> Path:
        """The file."""
        return self.run / "journal.sqlite"

    def words(self, verb: str, *more: str) -> list[str]:
        """Of a verb on the run."""
        file = self._backends()
        if verb == "evaluate":
            rows = ["--samples", str(ROWS), "--yes", "--json"]
            return ["evaluate", str(self.run), "--backend", self.name, *rows, *file, *more]
        agreed = ["--yes"] if verb == "resume" and self.release.resume_asks else []
        offline = verb in ("forget", "list")
        return ["jobs", verb, str(self.run), *more, *([] if offline else file), *agreed]

    def start(self, verb: str, *more: str, **how: Any) -> Running:
        """Start a verb."""
        how["patches"] = {**self.patches, **how.get("patches", {})}
        environment = {**self.environment, **self.keys, **how.pop("environment", {})}
        return self.shell.start(self.words(verb, *more), environment, self.folder, **how)

    def do(self, verb: str, *more: str, seconds: float = LONGEST, **how: Any) -> Done:
        """Run a verb to its end."""
        done = self.start(verb, *more, **how).wait(seconds)
        self.heard(verb, *more, done=done)
        return done

    def script(self, text: str, **how: Any) -> Running:
        """Start a program that uses the product from Python."""
        environment = {**self.environment, **self.keys, "RUN": str(self.run),
                       "BACKENDS": self._backends()[1], "BACKEND": self.name}  # fmt: skip
        how["patches"] = {**self.patches, **how.get("patches", {})}
        return self.shell.start([], environment, self.folder, script=text, **how)

    def heard(self, *words: str, done: Done) -> Done:
        """Note how a command line ended."""
        self.said.append((" ".join(words), done))
        return done

    def arm(self, *faults: Fault) -> None:
        """From now on this goes wrong."""
        self.machine.script.arm(faults)

    def agree(self) -> None:
        """From now on the user has asked to buy again."""
        if self.freely is None:
            self.freely = len(self.machine.jobs)

    def held(self) -> Held:
        """Values in the journal, compared with what is right."""
        if self.truth is None:
            return Held(0, 0, 0.0)
        return held(self.journal, self.truth, int(self.vendor.options["shots"]))

    def until(self, condition: Callable[[], bool], seconds: float = 30.0) -> bool:
        """Wait for something; whether it came."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.002)
        return True

    def _backends(self) -> Sequence[str]:
        path = self.folder / "backends.yaml"
        entry: dict[str, Any] = {"type": self.vendor.name, "options": self.options}
        entry["budget"] = self.budget
        if self.vendor.credentials:
            entry["credentials"] = dict(self.vendor.credentials)
        document = {"version": 1, "default": "exact"}
        backends = {"exact": {"type": "statevector"}, self.name: entry}
        path.write_text(json.dumps({**document, "backends": backends}, indent=1))
        return ["--backends-file", str(path)]


def clean_environment(home: Path) -> dict[str, str]:
    """Of a process: no file of the user's is read or written."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "VIRTUAL_ENV", "NUMBA_CACHE_DIR")
        if name in os.environ
    }
    places = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CACHE", "CONFIG", "STATE")}
    return {
        **kept, **places, "HOME": str(home), "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8",
        "COLUMNS": "200",
    }  # fmt: skip
