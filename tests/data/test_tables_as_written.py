"""What stands in a file is what is read: digits, marks, names; what cannot be meant is refused."""

import json
import struct
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qfusion_core import InputError, Marks, read_arrays, read_features, read_table, select_features


def refusal(action) -> str:
    with pytest.raises(InputError) as caught:
        action()
    text = str(caught.value)
    assert text.isprintable()
    assert len(text) < 300
    return text


def written(tmp_path, text: str, name: str = "t.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / name


@pytest.mark.parametrize(
    "values",
    [
        [2460310.0 + k / 1440 for k in range(60)],  # a day of Julian dates
        [1700000000 + k for k in range(60)],  # a minute of Unix seconds
        [20240101 + k for k in range(28)],
        [52.5123401 + k * 1e-7 for k in range(60)],  # latitude
    ],
    ids=["julian", "unix", "yyyymmdd", "latitude"],
)
@pytest.mark.parametrize("kind", ["csv", "parquet", "npz"])
def test_numbers_keep_their_digits(tmp_path, values, kind):
    path = tmp_path / f"t.{kind}"
    frame = pd.DataFrame({"x0": values})
    {
        "csv": lambda: frame.to_csv(path, index=False),
        "parquet": lambda: frame.to_parquet(path),
        "npz": lambda: np.savez(path, x=frame.to_numpy()),
    }[kind]()
    assert read_features(path, ["x0"])[:, 0].tolist() == values


@given(st.lists(st.floats(-1e36, 1e36), min_size=1, max_size=20))
def test_every_number_comes_back_as_it_was(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("n") / "t.csv"
    path.write_text("a,b\n" + "".join(f"{value!r},1\n" for value in values))
    assert read_features(path, ["a"])[:, 0].tolist() == values


def test_columns_are_kept_in_the_narrowest_type_over_all_pieces(tmp_path):
    rows = 120_001  # more than two pieces
    lines = [f"{j % 2},{j},{0.5 if j < rows - 1 else 0.1},{2**60 + j}" for j in range(rows)]
    table = read_table(written(tmp_path, "bit,row,late,big\n" + "\n".join(lines) + "\n"))
    assert [str(kind) for kind in table.dtypes] == ["int8", "int32", "float64", "int64"]
    assert table["big"].iloc[-1] == 2**60 + rows - 1
    assert table["late"].iloc[-1] == 0.1


def test_a_text_far_down_is_named_with_its_row(tmp_path):
    lines = ["1"] * 60_000 + ["oops"]
    path = written(tmp_path, "a,b\n" + "".join(f"{line},1\n" for line in lines))
    said = refusal(lambda: read_features(path, ["a"]))
    assert "column 'a': text in 1 of 60001 rows, the first is data row 60001: 'oops'" in said


def test_decimal_commas_leave_no_room_for_points(tmp_path):
    path = written(tmp_path, "umsatz;breite\n500;0,5\n1.234;1,5\n15.03;2,5\n")
    assert read_features(path, ["breite"])[:, 0].tolist() == [0.5, 1.5, 2.5]
    said = refusal(lambda: read_features(path, ["umsatz"]))
    assert "column 'umsatz': text in 2 of 3 rows, the first is data row 2: '1.234'" in said
    assert "see the options decimal and thousands" in said


@pytest.mark.parametrize(
    ("text", "marks", "expected"),
    [
        ("a;b\n1.234;0,5\n500;1\n1.234.567,25;2\n", Marks(",", "."), [1234, 500, 1234567.25]),
        ("a;b\n1.234;1\n500;1\n-2.000;2\n", Marks(None, "."), [1234, 500, -2000]),
        ('a,b\n"1,234",0.5\n500,1\n"1,234,567.5",2\n', Marks(None, ","), [1234, 500, 1234567.5]),
        ("a;b\n1\u202f234,5;1\n1\u00a0500;1\n1 500;1\n", Marks(None, " "), None),
        ("a;b\n1.234;1\n2.5;1\n", Marks(), [1.234, 2.5]),
        ("a;b\n1,234;1\n0,5;1\n", Marks(), [1.234, 0.5]),
        ("a;b\n1,234;1\n2,345;1\n", Marks(","), [1.234, 2.345]),
        ("a\tb\n1.5\tx\n2e3\ty\n", Marks(), [1.5, 2000]),
    ],
)
def test_marks_are_those_of_the_file_or_as_told(tmp_path, text, marks, expected):
    path = written(tmp_path, text)
    got = read_features(path, ["a"], marks=marks)[:, 0].tolist()
    assert got == (expected or [1234.5, 1500, 1500])


@pytest.mark.parametrize("text", ["a;b\n1.234;x\n500;y\n", "a\tb\n1,234\tx\n12,500\ty\n"])
def test_what_can_be_read_in_two_ways_is_refused_by_name(tmp_path, text):
    said = refusal(lambda: read_table(written(tmp_path, text)))
    assert "column 'a', data row 1: '1" in said
    assert "can be read in two ways" in said
    assert "data.options.decimal=" in said
    assert "data.options.thousands=" in said


def test_groups_of_other_than_three_digits_are_no_thousands(tmp_path):
    path = written(tmp_path, "a;b\n1.5;0,5\n1.234;1\n")
    said = refusal(lambda: read_features(path, ["a"], marks=Marks(",", ".")))
    assert "text in 1 of 2 rows, the first is data row 1: '1.5'" in said


@given(
    st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=10),
    st.sampled_from([(",", "."), (".", ","), (",", " "), (".", "'")]),
)
def test_grouped_numbers_are_read_back(tmp_path_factory, values, marks):
    decimal, thousands = marks
    cells = [f"{value:,}".replace(",", thousands) + f"{decimal}5" for value in values]
    path = tmp_path_factory.mktemp("g") / "t.tsv"
    path.write_text("a\tb\n" + "".join(f"{cell}\t1\n" for cell in cells))
    got = read_features(path, ["a"], marks=Marks(decimal, thousands))[:, 0]
    assert got.tolist() == [float(f"{value}.5") for value in values]


def test_names_lose_the_blanks_around_them_and_nothing_else(tmp_path):
    path = written(tmp_path, "a , b\u00a0,in ner\n1,2,3\n")
    assert list(read_table(path)) == ["a", "b", "in ner"]
    assert read_features(path, ["b ", "a"]).tolist() == [[2, 1]]  # as an older run kept them
    assert "column name 'a' occurs twice" in refusal(
        lambda: read_table(written(tmp_path, "a,a \n1,2\n"))
    )


def test_excels_own_first_line_says_what_separates(tmp_path):
    path = written(tmp_path, "sep=;\na;b\n0,5;1\n")
    assert read_features(path, ["a", "b"]).tolist() == [[0.5, 1]]
    assert list(read_table(written(tmp_path, "sep=,\na,b\n0.5,1\n"))) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Report of May\na,b,c\n1,2,3\n", "line 1 has 1 name, line 2 has 3 fields"),
        ("# made by x\na;b\n1,5;2\n", "line 1 has 1 name, line 2 has 2 fields"),
        ("a,b\nr1,1,2\nr2,3,4\n", "line 1 has 2 names, line 2 has 3 fields"),
        ("a,b\n" + "1,2\n" * 90_000 + "1,2,3\n", "line 1 has 2 names, line 90002 has 3 fields"),
    ],
)
def test_lines_that_do_not_fit_the_names_are_said_in_plain_words(tmp_path, text, said):
    got = refusal(lambda: read_table(written(tmp_path, text)))
    assert said in got
    assert "remove titles and comments" in got


@pytest.mark.parametrize("text", ["a, cm;b\n1,5;2\n3,5;4\n", "a, cm\tb\n1.5\t2\n3.5\t4\n"])
def test_a_comma_in_a_name_separates_nothing(tmp_path, text):
    path = written(tmp_path, text)
    assert read_features(path, ["b", "a, cm"]).tolist() == [[2, 1.5], [4, 3.5]]


@pytest.mark.parametrize("word", ["NA", "null", "nan", "None", "n/a"])
def test_only_an_empty_cell_is_missing(tmp_path, word):
    path = written(tmp_path, f"a,b,c\n1,{word},x\n2,,y\n")
    assert read_table(path, as_text=lambda name: name == "b")["b"].isna().tolist() == [False, True]
    path = written(tmp_path, f"a,b\n1,{word}\n2,3\n")
    assert f"data row 1: {word!r}" in refusal(lambda: read_features(path, ["b"]))


@pytest.mark.parametrize("value", ["-3.4028235e+38", "9.96921e+36", "inf", "-Infinity"])
def test_fill_values_and_infinities_are_named_by_row_and_column(tmp_path, value):
    path = written(tmp_path, f"a,b\n1,2\n1,{value}\n")
    said = refusal(lambda: read_features(path, ["a", "b"]))
    assert "column 'b': infinite, or a fill value (" in said
    assert "in 1 of 2 rows, the first is data row 2" in said


def test_the_advice_to_drop_a_column_is_text_for_yaml(tmp_path):
    path = written(tmp_path, "No,b\nx,y\n")
    assert refusal(lambda: read_features(path, ["No"])).endswith(
        """--set 'data.options.drop=["No"]'"""
    )


def test_what_others_wrote_is_shown_escaped_and_short(tmp_path):
    path = written(tmp_path, "a\x1b]0;owned\x07,\u202eb," + "c" * 500 + "\n1,2,3\n")
    said = refusal(lambda: read_features(path, ["x"]))
    assert r"a\x1b]0;owned\x07" in said
    assert r"\u202eb" in said


@pytest.mark.parametrize("shape", [(16, 16, 13), (28, 28, 3), (9, 9, 200), (20, 24, 8)])
def test_images_that_look_channel_last_are_refused_until_it_is_said(tmp_path, shape):
    x = np.arange(2 * np.prod(shape), dtype=np.int32).reshape(2, *shape)
    path = tmp_path / "i.npz"
    np.savez(path, x=x)
    said = refusal(lambda: read_features(path, []))
    assert "looks like [rows, height, width, channels]" in said
    assert "data.options.channels=last" in said
    last = read_features(path, [], channels="last")
    np.testing.assert_array_equal(last, np.moveaxis(x, -1, 1))
    np.testing.assert_array_equal(read_features(path, [], channels="first"), x)


def test_images_of_many_channels_first_are_taken(tmp_path):
    np.savez(tmp_path / "i.npz", x=np.zeros((2, 200, 9, 9)))
    assert read_arrays(tmp_path / "i.npz")[0].shape == (2, 200, 9, 9)


def test_arrays_that_inflate_without_measure_are_refused_before_memory_is_taken(tmp_path):
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("x.npy", "w") as member:
            np.lib.format.write_array_header_1_0(
                member, {"descr": "|u1", "fortran_order": False, "shape": (100_000, 1000)}
            )
            for _ in range(100):
                member.write(bytes(1_000_000))
    assert path.stat().st_size < 200_000
    assert "would inflate to 100,000," in refusal(lambda: read_arrays(path))


def test_a_header_that_promises_more_than_there_is_takes_no_memory(tmp_path):
    path = tmp_path / "big.npz"
    with zipfile.ZipFile(path, "w") as archive, archive.open("x.npy", "w") as member:
        np.lib.format.write_array_header_1_0(
            member, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 100)}
        )
    assert "'x.npy' is cut short or damaged" in refusal(lambda: read_arrays(path))


def test_an_encrypted_or_oddly_packed_archive_is_one_line(tmp_path):
    path = tmp_path / "a.npz"
    for offset, flags, method in ((0, 1, 0), (0, 0, 97)):
        np.savez(path, x=np.ones((3, 2)))
        raw = bytearray(path.read_bytes())
        central = raw.rindex(b"PK\x01\x02")
        raw[offset + 6 : offset + 10] = struct.pack("<HH", flags, method)
        raw[central + 8 : central + 12] = struct.pack("<HH", flags, method)
        path.write_bytes(bytes(raw))
        assert "cannot be read as npz: " in refusal(lambda: read_arrays(path))


@pytest.mark.parametrize("y", [np.zeros(3, dtype=[("a", "<f4")]), np.ones(3) * 1j])
def test_labels_of_a_strange_kind_are_refused(tmp_path, y):
    np.savez(tmp_path / "a.npz", x=np.ones((3, 2)), y=y)
    assert "expected labels y, text or numbers" in refusal(lambda: read_table(tmp_path / "a.npz"))


@pytest.mark.parametrize(
    "metadata",
    [
        {"index_columns": ["nope"], "columns": [], "column_indexes": []},
        {"index_columns": []},
        {
            "index_columns": [],
            "columns": [{"name": "a", "field_name": "a", "pandas_type": "x", "numpy_type": "no"}],
            "column_indexes": [{"name": None, "pandas_type": "x", "numpy_type": "__import__"}],
        },
        [],
    ],
)
def test_what_pandas_wrote_beside_a_table_may_be_anything(tmp_path, metadata):
    table = pa.table({"a": [1, 2]}).replace_schema_metadata({"pandas": json.dumps(metadata)})
    pq.write_table(table, tmp_path / "t.parquet")
    try:
        got = read_features(tmp_path / "t.parquet", ["a"])
    except InputError as error:
        assert "cannot be read as parquet: " in str(error)
        assert len(str(error)) < 300
    else:
        assert got.tolist() == [[1], [2]]


def test_a_parquet_of_a_billion_equal_cells_is_refused(tmp_path):
    nulls = pa.table({name: pa.nulls(5_000_000) for name in "abcdefgh"})
    pq.write_table(nulls, tmp_path / "t.parquet")
    assert "would inflate to 320,000,000" in refusal(lambda: read_table(tmp_path / "t.parquet"))


def test_whole_numbers_of_a_frame_keep_their_kind():
    frame = pd.DataFrame({"a": [1, 2], "b": [True, False]})
    assert select_features(frame, ["a", "b"], "t").dtype == np.float64
    assert select_features(frame, ["a", "b"], "t", narrow=True).dtype == np.float32
    frame["a"] = [0.1, 2]
    assert select_features(frame, ["a", "b"], "t", narrow=True).dtype == np.float64


def test_no_names_and_cells_make_a_line_too_long(tmp_path):
    names = ["a " * 40, "b " * 40]
    said = refusal(
        lambda: select_features(pd.DataFrame({n: ["x" * 99, "1"] for n in names}), names, "t.csv")
    )
    assert len(said) <= 300
    assert said.startswith("t.csv: column 'a a ")
    assert said.endswith("or train without: --set data.options.drop=[...]")


@pytest.mark.parametrize("first", ["1.5", "1", "9" * 400])
def test_whole_numbers_beyond_all_others_are_infinite(tmp_path, first):
    path = written(tmp_path, f"a,b\n{first},0\n{'9' * 400},1\n")
    said = refusal(lambda: read_features(path, ["a"]))
    assert "column 'a': infinite, or a fill value (inf), in " in said


def test_many_columns_make_no_long_line(tmp_path):
    path = written(tmp_path, ",".join(f"column-{j}" for j in range(99)) + "\n" + "1," * 98 + "1\n")
    assert len(refusal(lambda: read_features(path, ["x", "y", "z"]))) < 300
