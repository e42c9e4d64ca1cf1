"""Whose a journal is: the user's own, adopted as it lies, or somebody else's."""

from __future__ import annotations

import sqlite3
from hmac import compare_digest
from typing import Literal, NamedTuple

from qfusion_core.remote.journal.sealing import adopted, seal
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


def judge(db: sqlite3.Connection, stored: seal.Seal | None, digests: seal.Digests) -> Standing:
    """Whose it is, by its seal and what all keys and notes of the user's say."""
    own_keys = keys()
    if stored is not None:
        for key in own_keys:
            tag = seal.tag_of(db, stored.journal, key, digests)
            if compare_digest(tag.encode(), stored.tag.encode()):  # theirs may be any text
                return Standing("own", "", stored.tag)
    content = seal.digest_of(db, stored.journal if stored else "", digests)
    if adopted.noted(content):
        return Standing("adopted", NOT_OURS, content)
    if stored is None:
        return Standing("foreign", "no seal (older than 0.2, or not written by qfusion)", content)
    if stored.key in map(seal.name_of, own_keys):
        return Standing("foreign", "changed since it was sealed", content)
    return Standing("foreign", "sealed with another key than yours, or yours is lost", content)
