"""The journal of a run: what was asked of remote machines, written down before it is sent.

One SQLite file in a folder, safe for several processes. A measurement holds calls, by number; a
call holds jobs (see `qfusion_core.remote.ledger`).
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from pydantic import TypeAdapter
from torch import Tensor

from qfusion_core.circuit import Circuit
from qfusion_core.remote.budget import Spent
from qfusion_core.remote.intents import At, Budgets, Entry, Planned, reserve, spent
from qfusion_core.remote.job import Call, Job
from qfusion_core.remote.ledger import Ledger
from qfusion_core.remote.opened import Opened
from qfusion_core.remote.owner import gone, new_owner, same_process
from qfusion_core.remote.schema import transaction

NAME = "journal.sqlite"


class About(NamedTuple):
    """What makes two measurements the same.

    Attributes:
        verb: What opened it: ``evaluate``, ...
        subject: Of what: which rows.
        backend: Name in ``backends.yaml``.
        device: Name of the device.
        options: Digest of the options that change values.
    """

    verb: str
    subject: str
    backend: str
    device: str
    options: str


class Journal:
    """The journal of one folder; the file is made on the first write.

    Attributes:
        path: The file.
        jobs: Its jobs.
        opened: What is open at providers.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = folder / NAME
        self.jobs = Ledger(self.path, clock)
        self.opened = Opened(self.path, clock)
        self._clock = clock

    def open(self, about: About, *, again: bool) -> str:
        """Id of the measurement to go on with: the last one of this kind, or a new one.

        A finished one is taken again for its values, unless ``again``; an open one always, unless
        nothing is left of it but jobs that cannot be brought to their end, and ``again``.
        """
        with transaction(self.path) as db:
            last = db.execute(
                "SELECT id, state FROM measurement WHERE (verb, subject, backend, device, options)"
                " = (?, ?, ?, ?, ?) AND state != 'forgotten' ORDER BY rowid DESC LIMIT 1",
                about,
            ).fetchone()
            if last and not again:
                return str(last["id"])
            if last and last["state"] == "open" and not _stuck(db, str(last["id"])):
                return str(last["id"])
            return self._new(db, about)

    def adopt(self, about: About, call: Call) -> str:
        """Id of a measurement for a single call: one that a process left open, or a new one."""
        me = new_owner()
        with transaction(self.path) as db:
            left = db.execute(
                "SELECT id, owner FROM measurement WHERE (verb, subject, backend, device, options)"
                " = (?, ?, ?, ?, ?) AND state = 'open' ORDER BY rowid",
                about,
            ).fetchall()
        for row in left:
            if gone(row["owner"]) or same_process(row["owner"], me):
                stored = self.call(At(row["id"], 0))
                if stored is not None and stored.agrees(call):
                    return str(row["id"])
        with transaction(self.path) as db:
            return self._new(db, about)

    def _new(self, db: sqlite3.Connection, about: About) -> str:
        from qfusion_core.runs.provenance import provenance

        now, name = self._clock(), secrets.token_hex(8)
        db.execute(
            "INSERT INTO measurement VALUES (?, ?, ?, ?, ?, ?, 'open', ?, ?, ?)",
            (name, *about, new_owner(), json.dumps(provenance()), now),
        )
        return name

    def set_state(self, measurement: str, state: str) -> None:
        """Mark a measurement ``finished`` or ``forgotten``."""
        with transaction(self.path) as db:
            db.execute("UPDATE measurement SET state = ? WHERE id = ?", (state, measurement))

    def measurements(self) -> list[dict[str, Any]]:
        """All measurements in their order, each with its entries under ``jobs``."""
        with transaction(self.path) as db:
            rows = [dict(row) for row in db.execute("SELECT * FROM measurement ORDER BY rowid")]
        entries = self.jobs.all()
        for row in rows:
            row["provenance"] = json.loads(row["provenance"])
            row["jobs"] = [entry for entry in entries if entry.at.measurement == row["id"]]
        return rows

    def call(self, at: At) -> Call | None:
        """A stored call, None where there is none of this number."""
        with transaction(self.path) as db:
            row = db.execute(
                "SELECT * FROM call JOIN circuit ON digest = circuit"
                " WHERE measurement = ? AND number = ?",
                at,
            ).fetchone()
        if row is None:
            return None
        circuit = TypeAdapter(Circuit).validate_json(row["json"])
        angles = np.frombuffer(row["angles"], dtype="<f8").reshape(row["rows"], circuit.n_angles)
        return Call(circuit, torch.from_numpy(angles.copy()), tuple(json.loads(row["observables"])))

    def write(self, at: At, call: Call, planned: Sequence[Planned], budgets: Budgets) -> None:
        """Write a call and its whole plan, if the budgets allow it; nothing if it is there already.

        Raises:
            BudgetError: The plan does not fit.
        """
        with transaction(self.path) as db:
            there = "SELECT 1 FROM call WHERE measurement = ? AND number = ?"
            if db.execute(there, at).fetchone():
                return  # another process on the same measurement was faster
            digest = call.circuit.digest()
            encoded = TypeAdapter(Circuit).dump_json(call.circuit).decode()
            db.execute("INSERT OR IGNORE INTO circuit VALUES (?, ?)", (digest, encoded))
            db.execute(
                "INSERT INTO call VALUES (?, ?, ?, ?, ?, ?)",
                (
                    *at,
                    digest,
                    json.dumps(call.observables),
                    len(call.angles),
                    call.angles.numpy().astype("<f8").tobytes(),
                ),
            )
            keys = reserve(db, at, planned, budgets, self._clock())
            db.execute("UPDATE measurement SET state = 'open' WHERE id = ?", (at.measurement,))
        self.jobs.own.update(keys)

    def spent(self, backend: str) -> Spent:
        """What a backend has spent or reserved in this run."""
        if not self.path.is_file():
            return Spent()
        with transaction(self.path) as db:
            return spent(db, backend)

    def job(self, call: Call, entry: Entry) -> Job:
        """The stored job, as it was planned."""
        return Job(call, entry.rows, entry.columns, entry.facts)

    def values(self, at: At, call: Call) -> Tensor:
        """Values of a call whose jobs are all done: ``[rows, observables]``, float64."""
        together = torch.full((len(call.angles), len(call.observables)), torch.nan).double()
        for entry in self.jobs.of(at):
            together[slice(*entry.rows), list(entry.columns)] = self.jobs.values(entry)
        return together


def _stuck(db: sqlite3.Connection, measurement: str) -> bool:
    """Whether a measurement only waits for jobs that are done, but cannot be read, or are unknown.

    It is open as long as somebody asks for them; who measures again does not.
    """
    states = db.execute(
        "SELECT unreadable IS NOT NULL FROM job WHERE measurement = ? AND NOT replaced"
        " AND state IN ('intent', 'submitted')",
        (measurement,),
    ).fetchall()
    return bool(states) and all(stuck for (stuck,) in states)
