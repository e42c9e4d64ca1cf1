"""Tables with text, truth values and gaps: what is learned of them, and what new rows become."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qfusion_core import InputError, Marks
from qfusion_core.data.encoding import encoded, learn_columns
from qfusion_core.data.schema import MISSING, TableColumn, in_a_line, places, width_of
from qfusion_core.data.table import read_table

CELLS = {
    "number": st.one_of(st.none(), st.floats(-1e6, 1e6)),
    "text": st.one_of(st.none(), st.sampled_from(["red", "green", "blue", "NA", "None"])),
    "truth": st.booleans(),
}


@st.composite
def tables(draw):
    """A table of mixed kinds, with at least one value in each column, and its kinds."""
    kinds = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=5))
    rows = draw(st.integers(2, 12))
    columns = {}
    for number, kind in enumerate(kinds):
        cells = draw(st.lists(CELLS[kind], min_size=rows, max_size=rows))
        cells[:2] = {"number": [1.5, -2.0], "text": ["red", "red"], "truth": [True, False]}[kind]
        columns[f"{kind}-{number}"] = cells
    return pd.DataFrame(columns), kinds


def learned(frame, rows=None, **options):
    numbers = np.arange(len(frame)) if rows is None else np.array(rows)
    return learn_columns(frame, list(frame.columns), numbers, "t", **{"most_levels": 32, **options})


def refusal(call):
    with pytest.raises(InputError) as caught:
        call()
    return str(caught.value)


@given(tables(), st.randoms())
def test_every_cell_is_found_again_whatever_the_order_of_columns(made, random):
    frame, kinds = made
    columns = learned(frame)
    shuffled = list(frame.columns)
    random.shuffle(shuffled)
    x = encoded(frame, columns, "t")
    assert np.array_equal(x, encoded(frame[shuffled].assign(more=1), columns, "t"))
    assert x.shape == (len(frame), width_of(columns)) and np.isfinite(x).all()
    for (column, place), kind in zip(places(columns), kinds, strict=True):
        block = x[:, place]
        for cell, features in zip(frame[column.name], block, strict=True):
            if kind == "number":
                assert features[0] == (column.median if pd.isna(cell) else cell)
                assert not column.gaps or features[1] == pd.isna(cell)
            else:
                level = MISSING if pd.isna(cell) else str(cell)
                assert features.sum() == 1 and column.levels[int(features.argmax())] == level


@given(tables())
def test_what_was_learned_comes_back_from_its_document(made):
    frame, _ = made
    columns = learned(frame)
    again = tuple(TableColumn.model_validate(column.model_dump(mode="json")) for column in columns)
    assert again == columns
    assert np.array_equal(encoded(frame, again, "t"), encoded(frame, columns, "t"))


def test_only_rows_of_the_training_part_are_learned_from():
    frame = pd.DataFrame({"n": [1.0, 3.0, None, 100.0], "c": ["a", "b", "a", "z"]})
    number, category = learned(frame, rows=[0, 1])
    assert number == TableColumn(name="n", median=2.0)
    assert category.levels == ("a", "b")
    x = encoded(frame, (number, category), "t")
    assert x[2].tolist() == [2.0, 1.0, 0.0]  # the median, without a flag
    assert x[3].tolist() == [100.0, 0.0, 0.0]  # a level that was never seen


def test_of_too_many_levels_the_rarest_are_one():
    cells = ["a"] * 5 + ["b"] * 4 + ["c"] * 3 + ["d", "d", "e"]
    frame = pd.DataFrame({"c": cells})
    (column,) = learned(frame, most_levels=3)
    assert (column.levels, column.rare) == (("a", "b"), 3)
    assert encoded(pd.DataFrame({"c": ["b", "e", "never"]}), (column,), "t").tolist() == [
        [0, 1, 0], [0, 0, 1], [0, 0, 1],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([None] * 4, "no value in any row, or? train without: --set data.options.drop=c"),
        (["2021-01-03", "2021-02-04", None, "2020-12-31"], "dates ('2021-01-03'); make numbers"),
        (["3.1.2021", "04.02.21", "1.1.1999", None], "dates ('3.1.2021'); make numbers of them"),
        (list(pd.date_range("2021", periods=4)), "dates; make numbers of them, such as days since"),
        (
            ["u1", "u2", "u3", "u4"],
            "another text in each row, as 'u1'; make a number or a category",
        ),
        ([1j, 2j, 3j, 4j], "complex numbers; write real and imaginary part as two columns"),
        ([1.0, np.inf, 2.0, 3.0], "infinite, or a fill value (inf), in 1 of 4 rows"),
        ([1.0, 9.97e36, 2.0, 3.0], "infinite, or a fill value (9.97e+36), in 1 of 4 rows"),
    ],
)
def test_a_column_that_cannot_be_used_is_refused_by_name(cells, said):
    line = refusal(lambda: learned(pd.DataFrame({"c": cells, "d": range(4)})))
    start = said.replace(", or? train", "; train")
    assert line.startswith(f"t: column 'c': {start}"), line
    assert line.endswith("train without: --set data.options.drop=c") and "\n" not in line


def test_a_slip_among_numbers_is_no_level():
    cells = [str(n) for n in range(40)] + ["12O"]
    line = refusal(lambda: learned(pd.DataFrame({"c": cells})))
    assert line.startswith("t: column 'c': text in 1 of 41 rows, the first is data row 41: '12O'")
    gaps = [*cells[:-1], "n/a", "?", "NA", "", None]
    (column,) = learned(pd.DataFrame({"c": gaps}))
    assert column == TableColumn(name="c", median=19.5, gaps=True)


@pytest.mark.parametrize(
    "cells",
    [
        ["1.234", "500", "999", "12.500"] * 5,  # thousands, where decimals are commas
        ["1.10.3", "1.9", "1.10.3", "1.9"],
        ["1", "2", "3", "many"] * 4,
    ],
)
def test_what_is_half_numbers_is_no_category_by_itself(cells):
    frame = pd.DataFrame({"c": cells})
    frame.attrs["marks"] = Marks(",")
    line = refusal(lambda: learned(frame))
    assert (
        "name it in data.options.categorical, or train without: --set data.options.drop=c" in line
    )
    assert len(learned(frame, categorical=["c"])[0].levels) == len(set(cells))


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
def test_codes_with_a_zero_before_them_are_names(tmp_path, suffix):
    frame = pd.DataFrame({"zip": ["01234", "99999", "01234"], "n": [1, 2, 3]})
    path = tmp_path / f"t.{suffix}"
    if suffix == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if suffix == "tsv" else ",")
    columns = learned(read_table(path))
    assert columns[0].levels == ("01234", "99999") and columns[1].median == 2.0


def test_a_code_far_down_in_a_large_file_keeps_its_zero(tmp_path):
    lines = [f"{10_000 + n},1" for n in range(120_000)]
    lines[100_001] = "00017,1"
    (tmp_path / "t.csv").write_text("zip,n\n" + "\n".join(lines) + "\n")
    frame = read_table(tmp_path / "t.csv")
    assert frame["zip"].iloc[100_001] == "00017" and frame["n"].dtype.kind == "i"


def test_numbers_are_categories_where_the_user_says_so():
    frame = pd.DataFrame({"month": [1, 2, 12, 2], "n": [1.0, 2.0, 3.0, 4.0]})
    columns = learned(frame, categorical=["month"])
    assert columns[0].levels == ("1", "12", "2")
    others = {"month": ["2.0", "01", "7"], "n": [0, 0, 0]}  # as another program writes it
    assert encoded(pd.DataFrame(others), columns, "t")[:, :3].tolist() == [
        [0, 0, 1], [0, 0, 0], [0, 0, 0],
    ]  # fmt: skip
    typed = frame.assign(month=frame["month"].astype("category"))
    assert learned(typed)[0].levels == ("1", "12", "2")


def test_truth_values_are_the_same_however_they_are_written(tmp_path):
    (column,) = learned(pd.DataFrame({"c": [True, False, True]}))
    for words in (["true", "false"], ["True", "False"], [True, False], ["TRUE", "FALSE"]):
        assert encoded(pd.DataFrame({"c": words}), (column,), "t").tolist() == [[0, 1], [1, 0]]


def test_cells_that_training_never_missed_are_filled_and_said(caplog):
    columns = learned(pd.DataFrame({"a": [1.0, 2.0, 9.0], "b": [1.0, None, 3.0]}))
    frame = pd.DataFrame({"a": [None, 5.0], "b": [None, 1.0]})
    assert encoded(frame, columns, "new.csv").tolist() == [[2, 2, 1], [5, 1, 0]]
    assert caplog.messages == [
        "new.csv: cells without a value get the median of the training, which had none such (a: 1)"
    ]


def test_text_where_numbers_were_is_refused_with_its_row():
    columns = learned(pd.DataFrame({"a": [1.0, 2.0, 9.0]}))
    line = refusal(lambda: encoded(pd.DataFrame({"a": ["1", "two"]}), columns, "new.csv"))
    assert line.startswith(
        "new.csv: column 'a': text in 1 of 2 rows, the first is data row 2: 'two'"
    )


def test_the_line_that_is_printed():
    cells = {"n": [1, 2, 3, 4], "c": ["a", "a", "b", "c"], "g": [1.0, None, 2.0, 3.0]}
    assert in_a_line(learned(pd.DataFrame(cells), most_levels=2)) == (
        "2 columns of numbers (g has gaps: median and a flag), 1 of categories (c: 1 level, 2 rare "
        "ones are one): 5 features"
    )
