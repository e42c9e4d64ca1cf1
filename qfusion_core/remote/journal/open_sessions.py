"""What a run has opened at a provider, such as a session: written down until it is closed.

A process that is killed closes nothing, and a session bills its waiting: whoever comes next to the
journal closes it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from qfusion_core.remote.journal.rows.lease import lives, new_owner
from qfusion_core.remote.journal.rows.validation import require_name
from qfusion_core.remote.journal.sqlite.database import JournalDatabase


class OpenSessions:
    """The sessions of one journal file."""

    def __init__(self, store: JournalDatabase, clock: Callable[[], float] = time.time) -> None:
        self._store, self._clock, self._owner = store, clock, new_owner()
        self._ours: set[str] = set()

    def note(self, name: str, backend: str, account: str | None, seconds: float) -> None:
        """Ours to close, for so many seconds; see `renew`."""
        with self._store.writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO session VALUES (?, ?, ?, ?, ?)",
                (name, backend, account, self._owner, self._clock() + seconds),
            )
        self._ours.add(name)

    def renew(self, seconds: float) -> None:
        """Say that ours are in use."""
        if self._ours:
            with self._store.writing() as db:
                db.execute(
                    "UPDATE session SET lease = ? WHERE owner = ?",
                    (self._clock() + seconds, self._owner),
                )

    def left(self, backend: str) -> list[tuple[str, str | None]]:
        """Names and accounts of what others have left open: they ended, or are silent too long."""
        with self._store.reading() as db:
            rows = db.execute("SELECT * FROM session WHERE backend = ?", (backend,)).fetchall()
        return [
            (require_name("session", row["name"]), row["account"])
            for row in rows
            if row["owner"] != self._owner and self._is_left(row["owner"], row["lease"])
        ]

    def _is_left(self, owner: str, lease: float) -> bool:
        """Whether nobody uses it: of a process elsewhere only its lease tells."""
        alive = lives(owner)
        return lease < self._clock() if alive is None else not alive

    def closed(self, name: str) -> None:
        """Nobody has to close it any more."""
        self._ours.discard(name)
        with self._store.writing() as db:
            db.execute("DELETE FROM session WHERE name = ?", (name,))
