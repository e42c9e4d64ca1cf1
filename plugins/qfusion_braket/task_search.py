"""Looks for a task by its tag: bounded in time, and on from where AWS asked to come later."""

from __future__ import annotations

import time
from typing import Any

from qfusion_braket.connection import Connection
from qfusion_braket.errors import translated_errors
from qfusion_core import Refused, Transient

SECONDS = 600.0  # for one search: some ten thousand tasks
_PAUSE = 5.0  # seconds, at most, where AWS asks to come later


class TaskSearch:
    """Searches of one device's tasks.

    Args:
        tag: Name of the tag that holds the key.
    """

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._page: dict[str, Any] = {}  # where each search goes on, by key

    def find(self, connection: Connection, key: str) -> str | None:
        """ARN of the task with a key; None where no task has it.

        Raises:
            Transient: AWS asks to come later, time and again; the next search goes on there.
            Refused: AWS says no; or there are too many tasks to be looked through.
        """
        until, looked, before = time.monotonic() + SECONDS, 0, True
        # where a search goes on, a task may have come to the first page in between
        page, later = None, self._page.pop(key, None)
        while True:
            try:
                tasks, following = self._read(connection, page)
            except Transient as error:
                if before:  # twice in a row: the core waits longer, and comes again
                    self._page[key] = later or page
                    raise
                before = True
                time.sleep(min(error.retry_after or 1.0, _PAUSE))
                continue
            before, looked = False, looked + len(tasks)
            for task in tasks:
                if (task.get("tags") or {}).get(self._tag) == key:
                    return str(task["quantumTaskArn"])
            page, later = later or following, None
            if page is None:
                return None
            if time.monotonic() > until:
                self._page[key] = page
                raise Refused(
                    f"the search for the task with tag {self._tag}={key} was given up after "
                    f"{SECONDS:g} s and {looked} tasks",
                    next_step="look for the tag in AWS's console, and come again when it is quiet",
                )

    def _read(self, connection: Connection, page: Any) -> tuple[list[dict[str, Any]], Any]:
        """One page, and where the next one is."""
        device = {"name": "deviceArn", "operator": "EQUAL", "values": [connection.address.arn]}
        with translated_errors():
            reply = connection.braket.search_quantum_tasks(
                filters=[device], maxResults=100, **({} if page is None else {"nextToken": page})
            )
            return reply["quantumTasks"], reply.get("nextToken")
