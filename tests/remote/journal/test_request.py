"""What went out for a job comes back as it was, or as one error: a journal may be a stranger's."""

import sqlite3
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qfusion_core.remote.journal.rows import sent_request as module
from qfusion_core.remote.journal.rows.sent_request import SentRequest, read_request, write_request
from qfusion_core.remote.journal.sqlite.schema import empty


@pytest.fixture
def db():
    made = empty()
    made.row_factory = sqlite3.Row
    yield made
    made.close()


@given(requests=st.lists(st.builds(SentRequest, st.text(), st.binary(min_size=1)), min_size=1))
def test_the_last_one_comes_back(requests):
    db = empty()
    db.row_factory = sqlite3.Row
    for each in requests:
        write_request(db, "key", each)
    assert read_request(db, "key") == requests[-1]
    assert read_request(db, "another") == SentRequest()
    db.close()


@pytest.mark.parametrize(
    "body", [b"no zlib", zlib.compress(b"whole")[:-3], b"", "text", 7, zlib.compress(bytes(2000))]
)
def test_what_is_damaged_is_said(db, monkeypatch, body):
    monkeypatch.setattr(module, "_MOST", 1000)  # bytes: the last one unpacks to more
    db.execute("INSERT INTO request VALUES ('key', 'a client', ?)", (body,))
    with pytest.raises(ValueError, match="its body"):
        read_request(db, "key")
