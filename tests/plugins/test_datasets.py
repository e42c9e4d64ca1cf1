"""Each data set gives the published rows, in the promised split, or says what is wrong."""

import gzip
import os
import shutil
from zipfile import ZipFile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pydantic import ValidationError
from sklearn.model_selection import train_test_split

from qfusion_core import InputError, Registry
from qfusion_datasets import covertype, fashion_mnist, steel
from qfusion_datasets.obtain import EXTRACTS, fingerprint

NAMES = ["breast-cancer", "covertype", "fashion-mnist", "file", "steel-plates-faults", "wine"]
FULL = os.environ.get("QFUSION_DATA")


@pytest.fixture(autouse=True)
def no_data_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("QFUSION_DATA", raising=False)
    monkeypatch.setenv("QFUSION_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def load():
    registry = Registry()

    def loaded(name, *, seed=0, **options):
        component = registry.get("dataset", name)
        return component(component.Options(**options)).load(seed=seed)

    return loaded


def counts(part):
    return np.bincount(part.y).tolist()


@pytest.mark.parametrize("name", NAMES)
def test_the_example_loads_without_a_network_and_keeps_the_contract(name, load):
    component = Registry().get("dataset", name)
    split = component(component.example()).load(seed=1)
    for part in (split.train, split.validation, split.test):
        exact = np.float64 if name == "file" else np.float32  # 14.23 has digits beyond float32
        assert (part.x.dtype, part.y.dtype) == (exact, np.int64)
        assert np.isfinite(part.x).all()
        assert part.x.shape[1:] == split.train.x.shape[1:]
        assert set(part.y) == set(range(len(split.class_names)))
    assert len(split.feature_names) == (0 if name == "fashion-mnist" else split.train.x.shape[1])
    assert all(type(text) is str for text in split.feature_names + split.class_names)
    assert "sha256" in split.source or "CC BY 4.0" in split.source


def test_the_tables_of_scikit_learn(load):
    wine = load("wine", seed=3)
    assert len(wine.train) + len(wine.validation) + len(wine.test) == 178
    assert wine.feature_names[0] == "alcohol"
    cancer = load("breast-cancer")
    parts = cancer.train, cancer.validation, cancer.test
    assert np.sum([counts(part) for part in parts], axis=0).tolist() == [212, 357]
    assert (cancer.class_names, len(cancer.feature_names)) == (("malignant", "benign"), 30)
    assert "10.24432/C5DW2B" in cancer.source


def test_covertype_reads_the_first_published_row():
    x, y = covertype.Covertype.parse(EXTRACTS / "covertype")
    row = dict(zip(covertype.FEATURES, x[0].tolist(), strict=True))
    assert (row["Elevation"], row["Horizontal_Distance_To_Fire_Points"]) == (2596, 6279)
    assert [name for name in covertype.FEATURES[10:] if row[name]] == [
        "Wilderness_Area1",
        "Soil_Type29",
    ]
    assert covertype.CLASSES[y[0]] == "Aspen"
    assert np.bincount(y).tolist() == [30] * 7


def test_steel_reads_the_first_published_row():
    x, y = steel.SteelPlatesFaults.parse(EXTRACTS / "steel_plates_faults")
    row = dict(zip(steel.FEATURES, x[0].tolist(), strict=True))
    assert (row["X_Minimum"], row["Steel_Plate_Thickness"]) == (42, 80)
    assert row["SigmoidOfAreas"] == pytest.approx(0.5822)
    assert steel.CLASSES[y[0]] == "Pastry"
    assert np.bincount(y).tolist() == [30] * 7


def test_fashion_images_are_scaled_and_keep_the_official_test_part(load):
    split, other = (load("fashion-mnist", extract=True, seed=seed) for seed in (0, 1))
    assert split.train.x.shape == (102, 1, 28, 28)
    assert (split.train.x.min(), split.train.x.max()) == (0, 1)
    assert counts(split.test) == [5] * 10
    np.testing.assert_array_equal(split.test.x, other.test.x)
    assert (split.validation.x != other.validation.x).any()
    _, y, x_test, _ = fashion_mnist.FashionMNIST.parse(EXTRACTS / "fashion_mnist")
    np.testing.assert_array_equal(np.rint(split.test.x[:, 0] * 255), x_test)
    assert split.class_names[y[0]] == "Ankle boot"


def test_fashion_classes_are_renumbered_in_the_order_given(load):
    whole = load("fashion-mnist", extract=True)
    for classes in ("8,0", [8, 0]):
        split = load("fashion-mnist", extract=True, classes=classes)
        assert split.class_names == ("Bag", "T-shirt/top")
        for index, original in enumerate((8, 0)):
            np.testing.assert_array_equal(
                split.test.x[split.test.y == index], whole.test.x[whole.test.y == original]
            )
    assert np.add(counts(split.train), counts(split.validation)).tolist() == [12, 12]


def test_fashion_parts_can_be_drawn_smaller(load):
    split = load("fashion-mnist", extract=True, train=60, test=20, validation=0.5)
    assert [counts(p) for p in (split.train, split.validation, split.test)] == [
        [3] * 10,
        [3] * 10,
        [2] * 10,
    ]


def test_given_sizes_are_the_rows_of_scikit_learn_on_the_whole_table(load):
    x, y = covertype.Covertype.parse(EXTRACTS / "covertype")
    rest, test = train_test_split(
        np.arange(len(y)), train_size=100, test_size=50, stratify=y, random_state=10
    )
    split = load("covertype", extract=True, train=100, test=50, seed=10)
    np.testing.assert_array_equal(split.test.x, x[test])
    drawn = np.concatenate([split.train.x, split.validation.x])
    assert sorted(map(tuple, drawn)) == sorted(map(tuple, x[rest]))
    assert len(split.validation) == 15


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("wine", {"test": 20.5}, "a share below 1, or a whole number of rows"),
        ("wine", {"test": 0}, "greater than 0"),
        ("wine", {"validation": 0.9}, "less than or equal to 0.5"),
        ("fashion-mnist", {"classes": "0,0"}, "two or more different classes from 0 to 9"),
        ("fashion-mnist", {"classes": 3}, "two or more different classes from 0 to 9"),
        ("fashion-mnist", {"classes": "0,10"}, "two or more different classes from 0 to 9"),
        ("fashion-mnist", {"classes": "a,b"}, "valid integer"),
        ("covertype", {"url": "file:///etc"}, "should match pattern"),
        ("covertype", {"tset": 5}, "Extra inputs are not permitted"),
    ],
)
def test_options_out_of_bounds_are_refused(name, options, message):
    with pytest.raises(ValidationError, match=message):
        Registry().get("dataset", name).Options(**options)


def test_more_rows_than_there_are_is_refused(load):
    with pytest.raises(InputError, match="cannot split 210 rows"):
        load("covertype", extract=True, train=20_000, test=5_000)


def test_options_behind_a_comma_are_told_where_they_go(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["a.csv,label=kind of,test=0.3", "b.csv,label=kind", "a.csv,other.csv"]
    (tmp_path / "a.csv").write_text("a,kind\n")
    said = []
    for word in words:
        component = Registry().get("dataset", "file")
        with pytest.raises(InputError) as failed:
            component(component.Options(path=word)).require_source()
        said.append(str(failed.value).partition("no such file")[2])
    set_so = "--set 'data.options.label=kind of' --set data.options.test=0.3"
    assert said == [f"; its options are settings: file:a.csv {set_so}", "", ""]


def test_any_packing_of_the_same_rows_is_the_same_table(tmp_path):
    packed = EXTRACTS / "covertype" / "covtype.data.gz"
    plain = gzip.decompress(packed.read_bytes())
    folders = [tmp_path / kind for kind in ("plain", "zip", "zip-of-gz")]
    for folder in folders:
        folder.mkdir()
    (folders[0] / "covtype.data").write_bytes(plain.replace(b"\n", b"\r\n"))
    with ZipFile(folders[1] / "any.zip", "w") as archive:
        archive.writestr("nested/covtype.data", plain)
    with ZipFile(folders[2] / "covertype.zip", "w") as archive:
        archive.write(packed, "covtype.data.gz")
    for folder in folders:
        assert fingerprint(*covertype.Covertype.parse(folder)) == covertype.COVERTYPE.extract_sha256


@given(
    arrays.arrays(np.int16, arrays.array_shapes(min_dims=2, max_dims=2), elements=st.integers(0, 9))
)
def test_the_fingerprint_is_of_the_values_not_of_their_layout(table):
    assert fingerprint(np.asfortranarray(table)) == fingerprint(table)
    assert fingerprint(table.astype(">i2")) == fingerprint(table)
    assert fingerprint(table.astype(np.int32)) != fingerprint(table)
    assert fingerprint(table[None]) != fingerprint(table)
    changed = table.copy()
    changed[-1, -1] += 1
    assert fingerprint(changed) != fingerprint(table)


@pytest.mark.parametrize("name", ["covertype", "fashion-mnist", "steel-plates-faults"])
def test_a_folder_with_other_contents_is_refused_with_both_checksums(name, load, monkeypatch):
    monkeypatch.setenv("QFUSION_DATA", str(EXTRACTS))
    source = Registry().get("dataset", name).source
    with pytest.raises(InputError) as caught:
        load(name)
    assert str(caught.value) == (
        f"{EXTRACTS / source.folder}: expected a table of sha256 {source.sha256}, got sha256 "
        f"{source.extract_sha256}; put the publisher's file there, or unset QFUSION_DATA to "
        "download it"
    )


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda raw: raw[: len(raw) // 2], "Compressed file ended before"),
        (lambda raw: b"<html>not found</html>", "Not a gzipped file"),
        (lambda raw: gzip.compress(b"1,two,3\n"), "could not convert string 'two'"),
    ],
)
def test_a_damaged_file_is_refused_with_the_reason(damage, reason, load, monkeypatch, tmp_path):
    shutil.copytree(EXTRACTS, tmp_path / "data")
    file = tmp_path / "data" / "covertype" / "covtype.data.gz"
    file.write_bytes(damage(file.read_bytes()))
    monkeypatch.setenv("QFUSION_DATA", str(tmp_path / "data"))
    with pytest.raises(InputError, match=rf"a file that cannot be read \({reason}.*; put the pub"):
        load("covertype")


def test_an_absent_file_is_named_and_nothing_is_downloaded(load, monkeypatch, tmp_path):
    monkeypatch.setenv("QFUSION_DATA", str(tmp_path))
    with pytest.raises(InputError, match=r"expected Faults.NNA, .* got no folder; put the"):
        load("steel-plates-faults")
    (tmp_path / "steel_plates_faults").mkdir()
    (tmp_path / "steel_plates_faults" / "other.txt").touch()
    with pytest.raises(InputError, match=r"a .zip that holds it, got other.txt; put the"):
        load("steel-plates-faults")
    assert not (tmp_path / "cache").exists()


@pytest.mark.skipif(FULL is None, reason="needs QFUSION_DATA")
@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("covertype", [395087, 69722, 116203]),
        ("fashion-mnist", [51000, 9000, 10000]),
        ("steel-plates-faults", [1319, 233, 389]),
    ],
)
def test_the_published_data_have_the_recorded_checksums(name, sizes, load, monkeypatch):
    monkeypatch.setenv("QFUSION_DATA", str(FULL))
    split = load(name, seed=10)
    assert [len(part) for part in (split.train, split.validation, split.test)] == sizes
