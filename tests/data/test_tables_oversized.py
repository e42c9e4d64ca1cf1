"""Files that are called tables and would fill the memory: refused before they do, in one line."""

from __future__ import annotations

import io
import os
import resource
import time

import numpy as np
import pandas as pd
import pytest

from qfusion_core import InputError, read_features, read_table
from qfusion_core.data.formats.header import LONGEST_CELL, MOST_COLUMNS
from qfusion_core.data.formats.sound_text import LONGEST_LINE, SoundText

SPARSE = 50 << 30  # takes no room on the disk
SOUND = b"a,b\n1,2\n"


@pytest.fixture
def write(tmp_path):
    def write(content, name="t.csv", size=None):
        path = tmp_path / name
        path.write_bytes(content)
        if size:
            os.truncate(path, size)
        return path

    return write


def refusal(path) -> str:
    began = time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError) as refused:
        read_table(path)
    said = str(refused.value).removeprefix(f"{path}: ")
    assert said != str(refused.value)
    assert said.isprintable() and len(said) < 220
    assert time.process_time() - began < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB
    return said


@pytest.mark.parametrize("name", ["t.csv", "t.tsv"])
@pytest.mark.parametrize(
    ("content", "at"),
    [
        (b"", 1),
        (SOUND, len(SOUND) + 1),
        (b"a;b\n" + b"1;2\n" * 2_000_000, 8_000_005),
        (b"a\tb\r" + b"1\t2\r" * 100_000, 400_005),
    ],
)
def test_text_that_turns_into_nothing_is_refused_where_it_does(write, name, content, at):
    assert refusal(write(content, name, SPARSE)).startswith(f"byte {at:,} is NUL, expected text")


def test_a_nul_in_a_cell_is_refused(write):
    assert refusal(write(b"a,b\n1,2\n1,\x00\n")).startswith("byte 11 is NUL")


@pytest.mark.parametrize("before", [b"", SOUND, SOUND + b"1,2\n" * 200_000])
@pytest.mark.parametrize("line", [b"a", b",", b"1,", b'"'])
def test_a_line_without_an_end_is_refused(write, before, line):
    said = refusal(write(before + line * (2 * LONGEST_LINE)))
    if not said.startswith("line 1: a cell"):  # of the names
        assert f"begins at byte {len(before) + 1:,} has more than {LONGEST_LINE:,} bytes" in said


def test_a_line_may_be_as_long_as_the_bound(write):
    text = b"a,b\n1," + b"x" * (LONGEST_LINE - 2) + b"\n"
    ends = b"a,b\n" * 40 + text[4:]  # below the lines that are looked at first
    assert read_table(write(ends)).shape == (40, 2)
    assert f"more than {LONGEST_LINE:,} bytes" in refusal(write(ends.replace(b"\n1,", b"\n11,")))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-be", "utf-32-be"])
def test_text_in_another_encoding_keeps_its_words(write, encoding):
    content = ("\ufeff" * encoding.endswith("be") + SOUND.decode()).encode(encoding)
    assert "not UTF-8 text (byte" in refusal(write(content))


def test_many_names_are_a_table(write):
    names = ["label", *(f"ENSG{j:011d}" for j in range(9_000))]
    rows = [[str(i % 2), *(f"{(i * j) % 97}.5" for j in range(9_000))] for i in range(4)]
    path = write("\n".join(map(",".join, [names, *rows])).encode())
    assert read_features(path, names[1:])[3, :3].tolist() == [0.5, 3.5, 6.5]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"a,b\n1,2\n1," + b"x" * LONGEST_CELL + b"x\n1,2\n", 3),
        (b'a,b\n1,2\n1,"2\n' + b"1,2\n" * 100_000, 3),
        (b"a," + b"b" * LONGEST_CELL + b"b\n1,2\n", 1),
        (b"a" * LONGEST_CELL + b"a\n1\n", 1),
    ],
)
def test_a_cell_that_is_too_long_is_told_by_its_line(write, content, line):
    said = refusal(write(content))
    assert said.startswith(f"line {line}: a cell of more than {LONGEST_CELL:,} characters")
    assert "close the quotation mark" in said


@pytest.mark.parametrize("rows", [40, 120_000])
def test_a_quotation_mark_that_stays_open_does_not_take_the_rest_along(write, rows, monkeypatch):
    monkeypatch.setattr("qfusion_core.data.formats.sound_text.MOST_HELD", 1_000_000)
    said = refusal(write(b"a,b\n" + b"1,2\n" * rows + b'1,"2\n' + b"1,2\n" * 800_000))
    assert "lines from about byte " in said and "a quotation mark is open; close it" in said
    whole = b"a,b\n" + b'1,"2"\n' * 400_000
    assert len(read_table(write(whole))) == 400_000


def test_columns_are_as_many_as_pandas_can_bear(write):
    said = refusal(write(b",".join(b"c%d" % j for j in range(MOST_COLUMNS + 1)) + b"\n"))
    assert said.startswith("line 1 has 100,001 columns, expected at most 100,000")


def test_a_name_that_occurs_twice_among_many_is_found_at_once(write):
    names = [b"c%d" % j for j in range(MOST_COLUMNS - 1)]
    assert "'c5' occurs twice" in refusal(write(b",".join([*names, b"c5"]) + b"\n"))


def test_lines_with_nothing_in_them_are_not_read_for_ever(write):
    assert refusal(write(b"\n" * 50_000_000)).startswith("no names of columns")


@pytest.mark.parametrize("kind", ["npz", "parquet"])
def test_other_tables_with_nothing_behind_them_are_refused(write, kind):
    content = io.BytesIO()
    if kind == "npz":
        np.savez(content, x=np.ones((3, 2)))
    else:
        pd.DataFrame({"a": [1.0, 2.0]}).to_parquet(content)
    said = refusal(write(content.getvalue(), f"t.{kind}", SPARSE))
    assert said.startswith(f"cannot be read as {kind}: ")


def test_what_is_read_is_what_there_is():
    content = b"a,b\n" + b"1,2\n" * 700_000
    text = SoundText(io.BytesIO(content), "t.csv")
    assert text.read(5) + text.read1(3) + text.read() == content
    assert text.tell() == len(content) and text.read(1) == b""
    text.seek(0)
    assert text.read(-1) == content
