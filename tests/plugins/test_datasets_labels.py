"""Labels are text as it is written, from the file to the classes of a run and back."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qfusion_core import InputError
from qfusion_datasets.file import File

ROWS = 60


def dataset(path, **options):
    return File(File.Options(path=path, **options))


def table(path, labels):
    """Features that tell each row's label, and the labels in turn."""
    rows = (f"{j % 7}.5,{j % len(labels)},{labels[j % len(labels)]}\n" for j in range(ROWS))
    path.write_text("a,b,label\n" + "".join(rows), encoding="utf-8")
    return path


def classes(path, **options):
    split = dataset(path, **options).load(seed=0)
    for part in (split.train, split.validation, split.test):
        assert set(part.y.tolist()) <= set(range(len(split.class_names)))
    return split.class_names


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["01234", "1234", "10115"], ("01234", "1234", "10115")),  # zip codes
        (["007", "7"], ("007", "7")),
        (["1e2", "100"], ("100", "1e2")),
        (["1234567890123456789", "1234567890123456790"], None),
        (["18446744073709551615", "18446744073709551614", "-3"], None),
        (["1E50", "2E50"], ("1E50", "2E50")),
        (["10", "9", "-1"], ("-1", "9", "10")),
        (["2.1", "0.5", "10.5"], ("0.5", "10.5", "2.1")),
        (["1.0", "2.0"], ("1.0", "2.0")),
        (["yes", "yes ", "yes\u00a0", " yes", "no"], ("no", "yes")),
        (["in ner", "inner"], ("in ner", "inner")),
        (["None", "Mild"], ("Mild", "None")),
        (["NA", "N/A", "null", "nan"], ("N/A", "NA", "nan", "null")),
        (["true", "false"], ("false", "true")),
        (["日本", "Ωmega", "=SUM(1)"], ("=SUM(1)", "Ωmega", "日本")),
    ],
    ids=lambda labels: str(labels)[:30],
)
def test_labels_are_text_as_written(tmp_path, labels, expected):
    expected = expected or tuple(sorted(labels, key=int))
    assert classes(table(tmp_path / "t.csv", labels)) == expected
    quoted = [f'"{label}"' for label in labels]
    assert classes(table(tmp_path / "q.csv", quoted)) == expected


LABEL = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=8).filter(
    lambda text: text.strip() == text
)


@given(st.lists(LABEL, min_size=2, max_size=5, unique=True))
def test_any_text_comes_back_from_csv_and_parquet(tmp_path_factory, labels):
    folder = tmp_path_factory.mktemp("labels")
    column = [labels[j % len(labels)] for j in range(ROWS)]
    frame = pd.DataFrame({"a": np.arange(ROWS) % 7, "label": column})
    frame.to_csv(folder / "t.csv", index=False)
    frame.to_parquet(folder / "t.parquet")
    for name in ("t.csv", "t.parquet"):
        assert set(classes(folder / name)) == set(labels)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([1234567890123456789, 1234567890123456790]), None),
        (np.array([2**64 - 1, 2**64 - 2], dtype=np.uint64), None),
        (np.array([1.0, 10.0, 9.0]), ("1", "9", "10")),
        (np.array([0.5, 2.1], dtype=np.float32), ("0.5", "2.1")),
        (np.array([True, False]), ("False", "True")),
        (np.array([b"ja", b"nein"]), ("ja", "nein")),
        (np.array(["01", "1 "]), ("01", "1")),
    ],
    ids=lambda values: str(values)[:30],
)
@pytest.mark.parametrize("kind", ["parquet", "npz"])
def test_labels_of_parquet_and_npz_keep_their_digits(tmp_path, values, expected, kind):
    y = np.resize(values, ROWS)
    path = tmp_path / f"t.{kind}"
    if kind == "npz":
        np.savez(path, x=np.ones((ROWS, 2)), y=y)
    else:
        pd.DataFrame({"a": np.ones(ROWS), "y": y}).to_parquet(path)
    assert classes(path) == (expected or tuple(map(str, sorted(values.tolist()))))


@pytest.mark.parametrize("mark", [".", ","])
def test_many_numbers_that_are_not_whole_are_measurements(tmp_path, mark):
    def path(count):
        labels = [f"{j}{mark}5" for j in range(count)]
        text = "a;label\n" + "".join(f"{j % 5};{labels[j % count]}\n" for j in range(10 * count))
        (tmp_path / "t.csv").write_text(text)
        return tmp_path / "t.csv"

    assert len(classes(path(20))) == 20
    with pytest.raises(InputError, match=r"expected classes \(text or whole numbers\), got the n"):
        dataset(path(21)).load(seed=0)


def test_a_class_of_blanks_alone_is_missing(tmp_path):
    with pytest.raises(InputError, match="no value in 30 of 60 rows, the first is data row 2"):
        dataset(table(tmp_path / "t.csv", ["x", " \u00a0 "])).load(seed=0)


def test_labels_that_are_no_text_are_refused(tmp_path):
    frame = pd.DataFrame({"a": np.arange(4), "y": [[1], [2], [1], [2]]})
    frame.to_parquet(tmp_path / "lists.parquet")
    with pytest.raises(InputError, match="expected text or whole numbers, got lists"):
        dataset(tmp_path / "lists.parquet").load(seed=0)
    frame["y"] = [b"\xff\x00", b"a"] * 2
    frame.to_parquet(tmp_path / "bytes.parquet")
    with pytest.raises(InputError, match=r"label b'\\xff\\x00' is not UTF-8 text"):
        dataset(tmp_path / "bytes.parquet").load(seed=0)


@pytest.mark.parametrize(
    ("labels", "known"),
    [
        (["9.0", "10.0"], ("9", "10")),
        (["1234567890123456789", "2234567890123456789"],
         ("1234567890123456768", "2234567890123456768")),
        (["01234", "1234", "10115"], ("1234", "10115")),
    ],
)  # fmt: skip
def test_a_run_keeps_the_class_names_of_its_time_and_says_so_once(tmp_path, labels, known):
    data = dataset(table(tmp_path / "t.csv", labels))
    with pytest.warns(UserWarning, match="match the classes of the run as numbers only") as caught:
        split = data.load_again(seed=0, class_names=known)
    assert len(caught) == 1
    assert split.class_names == known
    index = [int(float(name)) for name in known]
    expected = [index.index(int(float(float(label)))) for label in labels]
    for part in (split.train, split.validation, split.test):
        assert part.y.tolist() == [expected[int(b)] for b in part.x[:, 1]]


def test_a_run_keeps_labels_with_blanks_and_truth_values(tmp_path):
    data = dataset(table(tmp_path / "t.csv", ["yes", "yes ", "no"]))
    split = data.load_again(seed=0, class_names=("no", "yes", "yes "))
    assert [[1, 2, 0][int(b)] for b in split.train.x[:, 1]] == split.train.y.tolist()
    data = dataset(table(tmp_path / "t.csv", ["TRUE", "FALSE"]))
    assert data.load_again(seed=0, class_names=("False", "True")).class_names == ("False", "True")


def test_a_label_that_a_run_does_not_know_is_refused(tmp_path):
    data = dataset(table(tmp_path / "t.csv", ["x", "y", "z"]))
    with pytest.raises(InputError, match="label 'z' is none of the 2 classes that the model was"):
        data.load_again(seed=0, class_names=("x", "y"))


@pytest.mark.parametrize("name", ["id", "Index", "No", "Row", "Sample ID", "#", "Nr."])
@pytest.mark.parametrize("start", [0, 1])
def test_numbers_of_rows_are_no_feature(tmp_path, name, start):
    frame = pd.DataFrame({name: np.arange(ROWS) + start, "a": np.arange(ROWS) % 5})
    frame["label"] = ["x", "y"] * (ROWS // 2)
    frame.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(InputError, match="holds the numbers of the rows") as caught:
        dataset(tmp_path / "t.csv").load(seed=0)
    assert "--set " in str(caught.value)
    assert dataset(tmp_path / "t.csv", drop=[name]).load(seed=0).feature_names == ("a",)
    again = dataset(tmp_path / "t.csv").load_again(seed=0, class_names=("x", "y"))
    assert again.feature_names == (name, "a")  # a run of before stays what it is
    frame[name] += np.arange(ROWS) == 5  # no longer just the numbers of the rows
    frame.to_csv(tmp_path / "t.csv", index=False)
    assert dataset(tmp_path / "t.csv").load(seed=0).feature_names == (name, "a")


def test_a_header_with_blanks_is_found(tmp_path):
    path = table(tmp_path / "t.csv", ["x", "y"])
    path.write_text(path.read_text().replace("a,b,label", "a , b\u00a0,label "))
    assert dataset(path).load(seed=0).feature_names == ("a", "b")
    assert dataset(path, label="label ", drop=["b "]).load(seed=0).feature_names == ("a",)


@pytest.mark.parametrize("name", ["400.50", "1.10", "12:30", "007", "No", "null"])
def test_a_column_is_found_by_its_name_as_text(tmp_path, name):
    frame = pd.DataFrame(
        {name: ["u", "v"] * (ROWS // 2), "a": np.arange(ROWS) % 5, "400.5": 1, "7": 2}
        | {"y": ["x", "z"] * (ROWS // 2)}
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    split = dataset(tmp_path / "t.csv", label=name, drop="y").load(seed=0)
    assert split.class_names == ("u", "v")
    split = dataset(tmp_path / "t.csv", label="y", drop=name).load(seed=0)
    assert split.feature_names == ("a", "400.5", "7")


def test_digits_stay_until_the_split(tmp_path):
    path = table(tmp_path / "t.csv", ["x", "y"])
    lines = path.read_text().splitlines()
    lines = [lines[0], *(f"{2460310 + j / 1440:.6f}{row[3:]}" for j, row in enumerate(lines[1:]))]
    path.write_text("\n".join(lines) + "\n")
    split = dataset(path).load(seed=0)
    parts = (split.train, split.validation, split.test)
    assert len({x for part in parts for x in part.x[:, 0].tolist()}) == ROWS
    assert {part.x.dtype for part in parts} == {np.dtype(np.float64)}


@pytest.mark.parametrize("path", ["~nobody-of-that-name/x.csv", "~/x.csv"])
def test_a_home_that_nobody_has_is_a_plain_line(path, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    if path == "~/x.csv":
        assert File.Options(path=path).path == tmp_path / "x.csv"
    else:
        with pytest.raises(ValueError, match="no home folder is known for '~nobody"):
            File.Options(path=path)


def test_marks_of_the_training_file_are_told(tmp_path):
    (tmp_path / "t.csv").write_text("a;label\n" + "0,5;x\n1,5;y\n" * 12)
    assert dataset(tmp_path / "t.csv").load(seed=0).marks.decimal == ","
