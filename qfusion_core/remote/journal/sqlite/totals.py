"""What all runs of this user have spent, by backend: kept in the state directory, under the key.

A job is counted under its key, so that a run that was copied is not counted twice. It is written
down here before it is in its journal, and lowered to what it cost after: whoever is killed in
between has counted too much, never too little.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from qfusion_core.errors import InputError, QfusionError
from qfusion_core.notes import note
from qfusion_core.printable import one_line, shown_path
from qfusion_core.remote.journal.sqlite.costs import spent_of
from qfusion_core.remote.journal.sqlite.locks import alone, lock_error, no_locks, not_kept_out
from qfusion_core.remote.money.budget import (
    Budget,
    Spending,
    remaining_of_all,
    require_budget_of_all,
    upper,
)
from qfusion_core.remote.money.price import Price
from qfusion_core.storage.mounts import file_system
from qfusion_core.storage.places import state_folder
from qfusion_core.storage.user_key import keys
from qfusion_core.storage.writing import new_file, require_no_link

NAME = "spending.sqlite"
_FIELDS = Spending._fields
_TABLES = f"""
CREATE TABLE job (key TEXT PRIMARY KEY, backend TEXT NOT NULL, run TEXT NOT NULL,
    {", ".join(f"{name} REAL NOT NULL" for name in _FIELDS)});
CREATE TABLE seal (tag TEXT NOT NULL);
"""


class JobToSend(NamedTuple):
    """A job that is to be sent."""

    backend: str
    price: Price


def reserve_of_all(
    run: str, jobs: Mapping[str, JobToSend], budgets: Mapping[str, Budget | None]
) -> int:
    """Count jobs, if the budgets over all runs allow all of them together.

    Where there is nothing to be held to, a file that cannot be used is no hindrance.

    Args:
        run: Folder of their journal, to be shown.
        jobs: By key; what is counted under it already is not counted twice.
        budgets: By backend.

    Returns:
        How many jobs of the run that were not free were counted before.

    Raises:
        BudgetError: They do not fit.
        InputError: There is a budget over all runs, and what they spent is not to be known.
    """
    held = {
        name: budget
        for name, budget in budgets.items()
        if budget and remaining_of_all(budget, Spending())
    }
    counted = {key: job for key, job in jobs.items() if budgets[job.backend] is not None}
    try:
        with _writing(sure=bool(held)) as db:
            for backend, budget in held.items():
                ours = [job.price for job in counted.values() if job.backend == backend]
                if ours:
                    before = _spent(db, backend, counted)
                    require_budget_of_all(backend, budget, before, Price.total(ours))
            asked = "SELECT COUNT(*) FROM job WHERE run = ? AND jobs > 0"
            (before,) = db.execute(asked, (run,)).fetchone()
            for key, (backend, price) in counted.items():
                _put(db, key, backend, run, _reserved(price))
            return int(before)
    except _Unusable as error:
        if held:
            raise InputError(
                f"{error}, so the budget over all runs of {', '.join(held)} cannot be held; "
                "nothing was sent"
            ) from None
        note(f"{error}; what this run spends is not counted there")
        return 0


def settle_of_all(jobs: Mapping[str, Spending]) -> None:
    """Note what jobs cost that have ended, by key; those that are not counted stay so."""
    try:
        with _writing() as db:
            for key, spent in jobs.items():
                sets = ", ".join(f"{name} = ?" for name in _FIELDS)
                db.execute(f"UPDATE job SET {sets} WHERE key = ?", (*spent, key))
    except _Unusable:
        return  # more is counted than was spent


def count_of_all(run: str, jobs: Mapping[str, tuple[str, Spending]]) -> None:
    """Count the jobs of a journal that was adopted, by key: backend, and what is spent or reserved.

    Those that are counted already keep their sums; a file that cannot be used is no hindrance.
    """
    try:
        with _writing() as db:
            counted = {key for (key,) in db.execute("SELECT key FROM job")}
            for key, (backend, spent) in jobs.items():
                if key not in counted:
                    _put(db, key, backend, run, spent)
    except _Unusable:
        return


def spent_of_all() -> dict[str, dict[str, Spending]]:
    """What every run has spent or reserved: by backend, then by the folder of the run.

    Raises:
        InputError: The file was changed by others, or cannot be read.
    """
    if not (state_folder() / NAME).exists():
        return {}
    sums = ", ".join(f"SUM({name})" for name in _FIELDS)
    try:
        with _writing() as db:
            rows = db.execute(
                f"SELECT backend, run, {sums} FROM job GROUP BY backend, run ORDER BY 1, 2"
            ).fetchall()
    except _Unusable as error:
        raise InputError(str(error)) from None
    spent: dict[str, dict[str, Spending]] = {}
    for backend, run, *amounts in rows:
        spent.setdefault(backend, {})[run] = spent_of(amounts)
    return spent


def total_of(backend: str) -> Spending:
    """What a backend has spent or reserved over all runs; likewise."""
    return sum_of(spent_of_all().get(backend, {}).values())


def sum_of(runs: Collection[Spending]) -> Spending:
    """The sum of what some runs have spent."""
    return Spending(*(sum(getattr(spending, name) for spending in runs) for name in _FIELDS))


class _Unusable(QfusionError):
    """The file cannot be read or written, or is not as this user left it."""


@contextmanager
def _writing(*, sure: bool = False) -> Iterator[sqlite3.Connection]:
    """One transaction, sealed at its end if it wrote; others wait for it.

    Args:
        sure: Of that, where the state directory is not on a disk of this machine.
    """
    path = state_folder() / NAME
    with alone(path), _transaction(path, sure=sure) as db:
        yield db


@contextmanager
def _transaction(path: Path, *, sure: bool) -> Iterator[sqlite3.Connection]:
    where = shown_path(path)
    try:
        own_keys = keys(create=True)
        state_folder(create=True)
        require_no_link(path)
        if not path.exists():
            _make(path, own_keys[0])
        elif not path.stat().st_size:
            raise _Unusable(
                f"{where}: empty, so what all runs spent is not known; restore a copy, or delete "
                "it to begin at nothing"
            )
        doubtful = file_system(path.parent).kind != "local"
        if doubtful and (fault := lock_error(path)):
            raise _Unusable(no_locks(path, fault))
        with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as db:
            db.execute("PRAGMA trusted_schema = OFF")
            db.execute("PRAGMA synchronous = EXTRA")
            db.execute("BEGIN IMMEDIATE")
            if doubtful and sure and (fault := not_kept_out(path)):
                raise _Unusable(no_locks(path, fault))
            if not _is_ours(db, own_keys):
                raise _Unusable(
                    f"{where}: was changed by others, or is of another key; what all runs spent is "
                    "not known; delete it to begin at nothing"
                )
            before = db.total_changes
            yield db
            if db.total_changes > before:
                db.execute("DELETE FROM seal")
                db.execute("INSERT INTO seal VALUES (?)", (_tag(db, own_keys[0]),))
            db.execute("COMMIT")
    except sqlite3.Error as error:
        raise _Unusable(
            f"{where}: cannot be used ({one_line(error, 60)}); restore a copy, or delete it to "
            "begin at nothing"
        ) from None
    except OSError as error:
        raise _Unusable(f"{where}: cannot be used ({error.strerror})") from None


def _make(path: Path, key: bytes) -> None:
    with new_file(path) as aside, closing(sqlite3.connect(aside, isolation_level=None)) as db:
        for statement in _TABLES.strip().split(";\n"):
            db.execute(statement)
        db.execute("INSERT INTO seal VALUES (?)", (_tag(db, key),))


def _is_ours(db: sqlite3.Connection, own_keys: Collection[bytes]) -> bool:
    tags = [tag for (tag,) in db.execute("SELECT tag FROM seal LIMIT 2")]
    return len(tags) == 1 and any(hmac.compare_digest(_tag(db, key), tags[0]) for key in own_keys)


def _tag(db: sqlite3.Connection, key: bytes) -> str:
    content = hashlib.sha256(b"qfusion spending 1")
    for row in db.execute("SELECT * FROM job ORDER BY key"):
        content.update(repr(row).encode())
    return hmac.new(key, content.digest(), hashlib.sha256).hexdigest()


def _spent(db: sqlite3.Connection, backend: str, without: Collection[str]) -> Spending:
    rows = db.execute(f"SELECT key, {', '.join(_FIELDS)} FROM job WHERE backend = ?", (backend,))
    kept = [amounts for key, *amounts in rows if key not in without]
    return spent_of([sum(column) for column in zip(*kept, strict=True)] or [0] * len(_FIELDS))


def _put(db: sqlite3.Connection, key: str, backend: str, run: str, spent: Spending) -> None:
    marks = ", ".join("?" for _ in (key, backend, run, *spent))
    db.execute(f"INSERT OR REPLACE INTO job VALUES ({marks})", (key, backend, run, *spent))


def _reserved(price: Price) -> Spending:
    seconds, usd = upper(price.qpu_seconds) or 0.0, upper(price.usd) or 0.0
    return Spending(price.tasks, price.shots, price.executions, seconds, usd)
