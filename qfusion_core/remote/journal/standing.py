"""Whose a journal is: the user's own, adopted as it lies, or somebody else's."""

from __future__ import annotations

import sqlite3
from hmac import compare_digest
from typing import Literal, NamedTuple

from qfusion_core.remote.journal import adopted, seal
from qfusion_core.storage.user_key import keys

NOT_OURS = "adopted, not measured under this key"


class Standing(NamedTuple):
    """Whose a journal is.

    Attributes:
        kind: ``own``: sealed with a key of the user's. ``adopted``: the user has said so, of a file
            that cannot be written. ``foreign``: nothing is sent, and no value is used.
        why: What is foreign about it, a clause.
        content: A name for all that it holds.
    """

    kind: Literal["own", "adopted", "foreign"]
    why: str
    content: str


def judge(db: sqlite3.Connection, found: seal.Seal | None, digests: seal.Digests) -> Standing:
    """Whose it is, by its seal and what all keys and notes of the user's say."""
    known = keys()
    if found is not None:
        for key in known:
            tag = seal.tag_of(db, found.journal, key, digests)
            if compare_digest(tag.encode(), found.tag.encode()):  # theirs may be any text
                return Standing("own", "", found.tag)
    content = seal.digest_of(db, found.journal if found else "", digests)
    if adopted.noted(content):
        return Standing("adopted", NOT_OURS, content)
    if found is None:
        return Standing("foreign", "no seal (older than 0.2, or not written by qfusion)", content)
    if found.key in map(seal.name_of, known):
        return Standing("foreign", "changed since it was sealed", content)
    return Standing("foreign", "sealed with another key than yours, or yours is lost", content)
