"""What went out for a job, as the journal keeps it."""

from __future__ import annotations

import zlib
from sqlite3 import Connection
from typing import NamedTuple

_MOST = 2**28  # bytes of a request: a journal may be a stranger's


class SentRequest(NamedTuple):
    """What went out for a job.

    Attributes:
        client: The vendor's, with its version, such as ``qiskit-ibm-runtime 0.51.0``.
        body: Of the request: what the machine was asked to run.
    """

    client: str = ""
    body: bytes = b""


def write_request(db: Connection, key: str, request: SentRequest) -> None:
    """Keep it, inside a transaction, in place of what went out before."""
    db.execute(
        "INSERT OR REPLACE INTO request VALUES (?, ?, ?)",
        (key, request.client, zlib.compress(request.body)),
    )


def read_request(db: Connection, key: str) -> SentRequest:
    """What is kept; empty where nothing is.

    Raises:
        ValueError: It is damaged.
    """
    row = db.execute("SELECT client, body FROM request WHERE key = ?", (key,)).fetchone()
    if row is None:
        return SentRequest()
    unpacked = zlib.decompressobj()
    try:
        body = unpacked.decompress(memoryview(row["body"]), _MOST)
    except (zlib.error, TypeError) as error:
        raise ValueError(f"its body cannot be read ({error})") from None
    if not unpacked.eof:
        raise ValueError(f"its body is cut, or has more than {_MOST} bytes")
    return SentRequest(str(row["client"]), body)
