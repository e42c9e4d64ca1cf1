"""What a machine measured goes along with `qfusion export`, its jobs do not."""

from __future__ import annotations

import json
import sqlite3


def test_values_are_exported_without_jobs(shell, own, tmp_path):
    code, _, err = shell("evaluate", own, "--backend", "queue", "--samples", 6, "--yes")
    assert code == 0, err
    code, _, err = shell("export", own, "--to", tmp_path / "shared")
    assert code == 0, err
    (measured,) = json.loads((tmp_path / "shared" / "measured.json").read_text())
    assert (measured["verb"], measured["backend"]) == ("evaluate", "queue")
    (call,) = measured["calls"]
    assert [len(row) for row in call["values"]] == [len(call["observables"])] * 6
    names = {path.name for path in (tmp_path / "shared").iterdir()}
    assert "journal.sqlite" not in names
    with sqlite3.connect(own / "journal.sqlite") as db:
        secrets = [text for row in db.execute("SELECT job_id, key, owner FROM job") for text in row]
        secrets += [text for (text,) in db.execute("SELECT id FROM measurement")]
    db.close()
    for path in (tmp_path / "shared").rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not [text for text in secrets if text and text.encode() in content], path
