"""A user's table is read as numbers, or refused in one line that says where and what to do."""

import gzip
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qfusion_core import InputError, read_arrays, read_features, read_table, select_features


@pytest.fixture
def write(tmp_path):
    def written(text: str | bytes, name: str = "t.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return written


def refusal(action) -> str:
    with pytest.raises(InputError) as caught:
        action()
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2
    return str(caught.value)


@given(
    st.lists(
        st.tuples(st.floats(-1e36, 1e36), st.booleans()),
        min_size=1,
        max_size=20,
    )
)
def test_numbers_and_booleans_come_back_from_every_kind_of_file(tmp_path_factory, values):
    folder = tmp_path_factory.mktemp("kinds")
    frame = pd.DataFrame(values, columns=["number", "flag"])
    frame.to_csv(folder / "t.csv", index=False)
    frame.to_csv(folder / "t.tsv", index=False, sep="\t")
    frame.to_parquet(folder / "t.parquet", index=False)
    expected = np.array(values)
    for name in ("t.csv", "t.tsv", "t.parquet"):
        got = read_features(folder / name, ["flag", "number"])
        assert got.dtype == np.float64
        np.testing.assert_array_equal(got, expected[:, ::-1], err_msg=name)
    np.savez(folder / "t.npz", x=expected, y=np.arange(len(values)))
    np.testing.assert_array_equal(read_features(folder / "t.npz", ["x1", "x0"]), expected[:, ::-1])
    assert read_table(folder / "t.npz")["y"].tolist() == list(range(len(values)))


def test_spaces_after_commas_and_other_columns_do_not_matter(write):
    path = write("a, b, note\n1, 2, x\n3, 4, y\n")
    np.testing.assert_array_equal(read_features(path, ["b", "a"]), [[2, 1], [4, 3]])


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, 0], dtype="Int64"),
        pd.Series([True, False], dtype=object),
        pd.Series([1.0, 0.0], dtype="category"),
        pd.Series([Decimal("1"), Decimal("0")], dtype=object),
        pd.Series([1, 0], dtype="float32[pyarrow]"),
    ],
    ids=lambda column: str(column.dtype),
)
def test_numbers_of_any_dtype_are_numbers(column):
    np.testing.assert_array_equal(
        select_features(pd.DataFrame({"a": column}), ["a"], "t"), [[1], [0]]
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3,\n5,\n", "column 'b': no value in 2 of 3 rows, the first is data row 2"),
        ("a,b\n1,2\n3,?\n", "column 'b': text in 1 of 2 rows, the first is data row 2: '?'"),
        ("a,b\n1,inf\n3,4\n", "column 'b': infinite, or a fill value (inf), in 1 of 2 rows"),
        ("a,b\n1,2\n3,1e39\n", "column 'b': infinite, or a fill value (1e+39), in 1 of 2 rows"),
        (
            "a,b\nred,\n3,4\n",
            "column 'a': text in 1 of 2 rows, the first is data row 1: 'red' (1",
        ),
        ("a,c\n1,2\n", "expected a column 'b'; got the columns: a, c"),
        ("c\n1\n", "expected a column 'a' and 1 more: b; got the columns: c"),
    ],
)
def test_a_column_that_is_no_number_is_named_with_its_rows(write, text, message):
    path = write(text)
    got = refusal(lambda: read_features(path, ["a", "b"]))
    assert got.startswith(f"{path}: {message}"), got


def test_every_bad_column_stands_in_the_remedy(write):
    path = write("a,b,c\nx,1,\ny,2,3\n")
    assert refusal(lambda: read_features(path, ["a", "b", "c"])).endswith(
        "(1 more such columns); write numbers there, remove these rows, or train without: "
        "--set data.options.drop=a,c"
    )


def test_the_remedy_can_be_copied_whatever_the_columns_are_called(write):
    path = write("Unnamed: 0,0\nx,y\n")
    assert refusal(lambda: read_features(path, ["Unnamed: 0", "0"])).endswith(
        """--set 'data.options.drop=["Unnamed: 0", "0"]'"""
    )


@pytest.mark.parametrize("text", ["a;b c\n1,5;2\n-3;4e1\n", "a\tb c\n1.5\t2\n-3\t4e1\n"])
def test_a_csv_may_be_separated_by_semicolons_or_tabs(write, text):
    got = read_features(write(text), ["b c", "a"])
    assert got.tolist() == [[2, 1.5], [40, -3]]


def test_a_semicolon_in_one_of_several_columns_separates_nothing(write):
    assert list(read_table(write("a;b,c\n1,2\n")).columns) == ["a;b", "c"]


def test_dates_and_complex_numbers_are_refused():
    frame = pd.DataFrame({"when": [datetime(2020, 1, 1, tzinfo=UTC)], "z": [1j]})
    assert "column 'when': dates; make numbers of them" in refusal(
        lambda: select_features(frame, ["when"], "t")
    )
    assert "column 'z': complex numbers" in refusal(lambda: select_features(frame, ["z"], "t"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", "", "cannot be read as csv: the file is empty"),
        ("t.csv", "a,b\n", "no rows, only column names: a, b"),
        ("t.csv", "a,b,a\n1,2,3\n", "column name 'a' occurs twice; rename one of the two"),
        ("t.csv", "a,b\n1,2\n1,2,3\n", "line 1 has 2 names, line 3 has 3 fields; the names of"),
        ("t.csv", "a,b\n1,2,3\n1,2,3\n", "line 1 has 2 names, line 2 has 3 fields; the names of"),
        ("t.csv", gzip.compress(b"a,b\n1,2\n", mtime=0), "byte 4 is NUL, expected text: cut"),
        ("t.parquet", "a,b\n1,2\n", "cannot be read as parquet: "),
        ("t.npz", "a,b\n1,2\n", "cannot be read as npz: "),
        ("t.xlsx", "a,b\n1,2\n", "expected a file .csv, .tsv, .parquet, .npz; got '.xlsx'"),
    ],
)
def test_a_file_that_is_no_table_is_refused(write, name, content, message):
    path = write(content, name)
    got = refusal(lambda: read_table(path))
    assert got.startswith(f"{path}: {message}"), got


def test_a_single_array_called_npz_is_refused(tmp_path):
    with (tmp_path / "t.npz").open("wb") as file:
        np.save(file, np.ones((3, 2)))
    assert "cannot be read as npz: File is not a zip" in refusal(
        lambda: read_table(tmp_path / "t.npz")
    )


def test_a_truncated_npz_is_refused(tmp_path):
    np.savez_compressed(tmp_path / "t.npz", x=np.random.default_rng(0).normal(size=(50, 4)))
    raw = (tmp_path / "t.npz").read_bytes()
    (tmp_path / "t.npz").write_bytes(raw[: len(raw) // 2])
    assert "cannot be read as npz" in refusal(lambda: read_table(tmp_path / "t.npz"))


def test_no_file_and_a_folder_are_refused(tmp_path):
    assert "absent.csv: no such file" in refusal(lambda: read_table(tmp_path / "absent.csv"))
    assert "got a folder" in refusal(lambda: read_table(tmp_path))


def test_images_come_back_with_their_channel(tmp_path):
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    np.savez(tmp_path / "i.npz", x=images)
    got = read_features(tmp_path / "i.npz", [])
    assert (got.shape, got.dtype) == ((2, 1, 3, 4), np.float64)
    np.testing.assert_array_equal(got[:, 0], images)
    assert "expected a table x" in refusal(lambda: read_table(tmp_path / "i.npz"))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"z": np.ones(2)}, "expected an array 'x', got: z"),
        ({"x": np.ones(3)}, "expected numbers x [rows, features] or"),
        ({"x": np.array([["a"]])}, "expected numbers x"),
        ({"x": np.array([[None]])}, "cannot be read as npz: Object arrays cannot be loaded"),
        ({"x": np.ones((3, 2)), "y": np.ones(2)}, "expected y of shape [3], got [2]"),
        ({"x": np.full((1, 1, 2, 2), np.nan)}, "x has missing or infinite values, the first at [0"),
    ],
)
def test_arrays_that_are_no_samples_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    assert message in refusal(lambda: read_arrays(tmp_path / "a.npz"))


def test_images_are_asked_for_as_npz(write):
    path = write("a\n1\n")
    assert "expected an .npz file with an array x, got .csv" in refusal(
        lambda: read_features(path, [])
    )
    np.savez(path.with_suffix(".npz"), x=np.ones((3, 2)))
    assert "expected images x [rows, channels, height, width], got shape [3, 2]" in refusal(
        lambda: read_features(path.with_suffix(".npz"), [])
    )
