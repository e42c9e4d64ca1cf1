"""What goes wrong, and when: faults that can be combined freely."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

ALWAYS = 10**9


@dataclass(frozen=True)
class Act:
    """What happens to one request.

    Attributes:
        works: Whether the request is carried out.
        delay: Seconds before that.
        late: Seconds between that and the reply.
        status: HTTP status of the reply, in place of the right one; None for the right one.
        body: Of the reply, in place of the right one; None for the right one, or for an error in
            the vendor's words.
        edit: Changes the right body.
        kind: Content type of ``body``.
        headers: More of them.
        cut: Share of the reply that is sent before the connection is reset; None for no reset.
        before: Called before the request is carried out.
        after: Called after it was, before the reply.
    """

    works: bool = True
    delay: float = 0.0
    late: float = 0.0
    status: int | None = None
    body: bytes | None = None
    edit: Callable[[bytes], bytes] | None = None
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: float | None = None
    before: Callable[[], None] | None = None
    after: Callable[[], None] | None = None


@dataclass(frozen=True)
class Fault:
    """An act at some requests of an operation.

    Attributes:
        operation: As `Machine.operation_of` calls it.
        act: What happens.
        first: Number of the first such request, from 1, since the fault was armed.
        count: To how many it happens.
        job: Only requests about the job with this number, from 0; None for all.
    """

    operation: str
    act: Act
    first: int = 1
    count: int = 1
    job: int | None = None


class Script:
    """Faults that are armed. Of several that fit a request the first one counts.

    Attributes:
        fired: Operations at which something went wrong.
    """

    def __init__(self) -> None:
        self.fired: list[str] = []
        self._faults: list[tuple[Fault, Counter[str]]] = []
        self._lock = threading.Lock()

    def arm(self, faults: Sequence[Fault]) -> None:
        """Add faults."""
        with self._lock:
            self._faults += [(fault, Counter()) for fault in faults]

    def disarm(self) -> None:
        """From now on all goes well."""
        with self._lock:
            self._faults.clear()

    def take(self, operation: str, job: int | None) -> Act:
        """What happens to this request."""
        taken = None
        with self._lock:
            for fault, seen in self._faults:
                if fault.operation != operation or fault.job not in (None, job):
                    continue
                seen["requests"] += 1
                fits = fault.first <= seen["requests"] < fault.first + fault.count
                if fits and taken is None:
                    taken = fault.act
                    self.fired.append(operation)
        return taken or Act()


def refused(status: int, text: str | None = None) -> Act:
    """An error in the vendor's form, nothing is carried out."""
    return Act(works=False, status=status, body=None if text is None else text.encode())


def told(status: int) -> Act:
    """Carried out, and an error is replied all the same."""
    return Act(status=status)


RESET = Act(works=False, cut=0.0)  # the connection breaks, nothing is carried out
LOST = Act(cut=0.0)  # carried out, the reply never comes
CUT = Act(cut=0.5)  # carried out, the connection breaks inside the reply
HTML = Act(body=b"<html><body>Please sign in</body></html>", kind="text/html", works=False)
EMPTY = Act(body=b"{}", works=False)
