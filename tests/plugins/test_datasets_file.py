"""A user's file becomes a split, or one line says what to mend."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine

from qfusion_core import InputError
from qfusion_datasets.file import File


def load(path, *, seed=0, **options):
    return File(File.Options(path=path, **options)).load(seed=seed)


def counts(part):
    return np.bincount(part.y).tolist()


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "id": range(40),
            "b": rng.normal(size=40),
            "species": ["cat", "ant", "bee", "ant"] * 10,
            "a": rng.integers(0, 2, 40).astype(bool),
        }
    )


@pytest.fixture
def write(tmp_path):
    def written(frame: pd.DataFrame, name: str = "t.csv"):
        path = tmp_path / name
        frame.to_csv(path, index=False)
        return path

    return written


def test_a_csv_of_wine_is_the_data_set_wine():
    split, wine = load(File.example().path, seed=5), load_wine()
    assert split.feature_names == tuple(wine.feature_names)
    assert split.class_names == tuple(wine.target_names)
    rows = np.concatenate([split.train.x, split.validation.x, split.test.x])
    assert sorted(map(tuple, rows)) == sorted(map(tuple, wine.data))


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
def test_text_labels_are_sorted_and_dropped_columns_are_gone(frame, tmp_path, suffix):
    path = tmp_path / f"t.{suffix}"
    if suffix == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if suffix == "tsv" else ",")
    split = load(path, label="species", drop="id")
    assert split.feature_names == ("b", "a")
    assert split.class_names == ("ant", "bee", "cat")
    assert counts(split.test) == [4, 2, 2]
    assert set(np.unique(split.train.x[:, 1])) == {0, 1}
    whole = dict(zip(frame["b"], frame["species"], strict=True))
    for part in (split.train, split.validation, split.test):
        assert [split.class_names[y] for y in part.y] == [whole[b] for b in part.x[:, 0]]
    assert str(path) in split.source


def test_number_labels_are_sorted_as_numbers(frame, write):
    frame["Class"] = [10, 9, 9, 100] * 10
    assert load(write(frame), drop=["species", "id"]).class_names == ("9", "10", "100")
    frame["Class"] = [True, False] * 20
    assert load(write(frame), drop=["species", "id"]).class_names == ("False", "True")


def test_an_npz_may_hold_a_table_or_images(tmp_path):
    rng = np.random.default_rng(0)
    y = np.array(["u", "v"] * 20)
    np.savez(tmp_path / "table.npz", x=rng.normal(size=(40, 3)), y=y)
    assert load(tmp_path / "table.npz").feature_names == ("x0", "x1", "x2")
    images = rng.random((40, 5, 4), dtype=np.float32)
    np.savez(tmp_path / "images.npz", x=images, y=y)
    split = load(tmp_path / "images.npz")
    assert (split.feature_names, split.class_names) == ((), ("u", "v"))
    assert split.train.x.shape[1:] == (1, 5, 4)
    original = dict(zip(map(bytes, images), y, strict=True))
    assert [split.class_names[k] for k in split.test.y] == [
        original[bytes(image)] for image in split.test.x[:, 0]
    ]
    np.savez(tmp_path / "images.npz", x=images)
    with pytest.raises(InputError, match=r"expected labels y \[rows\], got only x"):
        load(tmp_path / "images.npz")


def test_the_path_is_kept_absolute_so_that_a_run_can_be_evaluated_from_elsewhere(
    frame, write, monkeypatch, tmp_path
):
    write(frame)
    monkeypatch.chdir(tmp_path)
    assert File.Options(path="t.csv").path == tmp_path / "t.csv"


def test_columns_may_be_called_by_numbers(tmp_path):
    table = pd.DataFrame({0: range(40), 1: np.arange(40) % 7, 2: np.arange(40) % 2})
    table.to_csv(tmp_path / "t.csv", index=False)
    split = load(tmp_path / "t.csv", label=2, drop=0)
    assert (split.feature_names, split.class_names) == (("1",), ("0", "1"))


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda f: f, {}, "expected one column called label, target, class, y, got none; name the"),
        (
            lambda f: f.assign(label=1, Target=2),
            {},
            "got several: label, Target; name the column of the classes with "
            "--set data.options.label=COLUMN; columns: id, ",
        ),
        (lambda f: f, {"label": "specie"}, "no label column 'specie'; did you mean 'species'?"),
        (lambda f: f, {"label": "species", "drop": "idd"}, "drop: no column 'idd'; did you mean"),
        (lambda f: f[["species"]], {"label": "species"}, "no feature columns, only 'species'"),
        (lambda f: f, {"label": "b"}, "label column 'b': expected classes (text or whole numbers)"),
        (
            lambda f: f.assign(c=[np.inf, 1.0] * 20),
            {"label": "c"},
            "label column 'c': expected classes (text or whole numbers), got the number inf",
        ),
        (
            lambda f: f.assign(species="cat"),
            {"label": "species"},
            "label column 'species': one class only, 'cat'; expected at least two",
        ),
        (
            lambda f: f.assign(species=f["species"].where(f["id"] != 3)),
            {"label": "species"},
            "label column 'species': no value in 1 of 40 rows, the first is data row 4; fill in",
        ),
        (
            lambda f: f.assign(species=f["species"].where(f["id"] > 1, "dog")),
            {"label": "species", "drop": "id"},
            "class 'dog' has 2 rows, a stratified split needs at least 3; drop the class or add",
        ),
        (
            lambda f: f.assign(colour=[f"red {n}" for n in range(40)]),
            {"label": "species"},
            "column 'colour': another text in each row, as 'red 0'; make a number or a category",
        ),
        (
            lambda f: f.assign(b=np.nan),
            {"label": "species"},
            "column 'b': no value in any row; train without: --set data.options.drop=b",
        ),
        (
            lambda f: f.rename(columns={"id": "5.1", "b": "3.5", "a": "1.4"}),
            {"label": "species"},
            "the first line holds numbers (5.1, 3.5, 1.4), expected the names of the columns",
        ),
        (
            lambda f: f.rename(columns={"id": ""}),
            {"label": "species"},
            "a column has no name, perhaps the row numbers that pandas writes, which would tell "
            "the class of sorted rows; name it, or leave it out: --set "
            """'data.options.drop=["Unnamed: 0"]'""",
        ),
        (lambda f: f[:0], {"label": "species"}, "no rows, only column names: id, b, species, a"),
        (
            lambda f: f[:5],
            {"label": "species", "drop": "id"},
            "class 'bee' has 1 row, a stratified split needs",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(frame, write, change, options, message):
    path = write(change(frame))
    with pytest.raises(InputError) as caught:
        load(path, **options)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert message in text
    assert "\n" not in text


def test_a_path_that_is_no_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"absent.csv: no such file"):
        load(tmp_path / "absent.csv")
    with pytest.raises(InputError, match=r"absent.csv: no such file"):
        File(File.Options(path=tmp_path / "absent.csv")).require_source()
