"""A table as people have them, from training to prediction, at the command line and in Python."""

import csv
import json

import numpy as np
import pandas as pd
import pytest

import qfusion_core
from qfusion_core import InputError
from qfusion_core.runs.folder import RunFolder

SETTINGS = [
    "training.epochs=3",
    "data.options.label=Survived",
    "data.options.drop=Name",
    "data.options.most_levels=8",
]


@pytest.fixture(scope="module")
def passengers():
    """A table with text, truth values, gaps, codes, and a column of another text in each row."""
    random = np.random.default_rng(0)
    rows = 240
    sex = random.choice(["male", "female"], rows)
    table = pd.DataFrame(
        {
            "Id": np.arange(rows) + 500,
            "Name": [f"Person {n}" for n in range(rows)],
            "Sex": sex,
            "Age": np.where(random.random(rows) < 0.2, np.nan, random.normal(30, 9, rows).round(1)),
            "Port": random.choice(["S", "C", "Q", None], rows, p=[0.5, 0.2, 0.1, 0.2]),
            "Town": random.choice([f"town {n}" for n in range(20)], rows),
            "Zip": random.choice(["01234", "00501", "99950"], rows),
            "Alone": random.random(rows) < 0.5,
        }
    )
    noise = random.random(rows) < 0.1
    return table.assign(Survived=np.where((sex == "female") ^ noise, "yes", "no"))


@pytest.fixture(scope="module")
def trained(passengers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    passengers.to_csv(folder / "t.csv", index=False)
    qfusion_core.train(
        f"file:{folder / 't.csv'}",
        folder / "run",
        preset="hardware",
        quantum="sham",
        settings=SETTINGS,
    )
    return folder / "run"


def new_rows(passengers):
    """With an unseen level, a gap where training had none, and columns in another order."""
    rows = passengers.drop(columns="Survived").head(12).copy()
    rows["Id"] = rows["Id"].astype("Float64")
    rows.loc[0, "Sex"], rows.loc[1, "Id"], rows.loc[2, "Town"] = "other", None, "never seen"
    return rows[rows.columns[::-1]]


def test_what_was_learned_is_in_the_run_and_said_once(trained, caplog):
    columns = {column.name: column for column in RunFolder.open(trained).config.columns}
    assert columns["Sex"].levels == ("female", "male") and columns["Age"].gaps
    assert "" in columns["Port"].levels and columns["Alone"].levels == ("False", "True")
    assert columns["Zip"].levels == ("00501", "01234", "99950")
    assert len(columns["Town"].levels) == 7 and columns["Town"].rare > 5


def test_new_rows_are_classified_whatever_they_lack(qfusion, trained, passengers, tmp_path):
    new_rows(passengers).to_csv(tmp_path / "new.csv", index=False)
    code, out, err = qfusion("predict", trained, tmp_path / "new.csv", "--keep", "Zip,Name",
                             "--proba", "all")  # fmt: skip
    assert code == 0 and "(Id: 1)" in err, err
    lines = list(csv.reader(out.splitlines()))
    assert lines[0] == ["Zip", "Name", "row", "class", "probability", "probability of no",
                        "probability of yes"]  # fmt: skip
    assert [line[0] for line in lines[1:]] == passengers["Zip"].head(12).tolist()
    assert {line[3] for line in lines[1:]} <= {"yes", "no"}
    for line in lines[1:]:
        assert float(line[5]) + float(line[6]) == pytest.approx(1, abs=2e-6)
        assert float(line[4]) == max(map(float, line[5:]))
    code, out, _ = qfusion("predict", trained, tmp_path / "new.csv", "--keep", "Zip", "--json")
    rows = json.loads(out)
    assert rows[0]["kept"] == {"Zip": passengers["Zip"][0]} and "probabilities" not in rows[0]


def test_frames_arrays_and_files_get_the_same_classes(trained, passengers, tmp_path):
    import pyarrow as pa

    rows = new_rows(passengers)
    model = qfusion_core.load(trained, "statevector")
    wanted = model.predict_proba(rows)
    in_order = rows[list(model.feature_names)]
    for other in (pa.Table.from_pandas(rows), in_order.to_numpy(dtype=object)):
        np.testing.assert_array_equal(model.predict_proba(other), wanted)
    rows.to_csv(tmp_path / "new.csv", index=False)
    for source in (rows, tmp_path / "new.csv", str(tmp_path / "new.csv")):
        found = qfusion_core.predict(trained, source, keep="Name")
        np.testing.assert_allclose(found.probabilities, wanted, atol=1e-7)
        assert list(found.kept["Name"]) == rows["Name"].tolist()
    assert model.classes_.tolist() == ["no", "yes"] and not model.training
    assert model.predict(rows).tolist() == [p.label for p in found.predictions]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda rows: rows.drop(columns="Sex"), "rows: expected a column 'Sex'; got the columns"),
        (lambda rows: rows.assign(Age="old"), "rows: column 'Age': text in 12 of 12 rows"),
        (lambda rows: rows.to_numpy()[:, :3], "rows: expected 7 columns, as in training, got 3; a"),
        (lambda rows: 3, "rows: expected a data frame (pandas, polars, Arrow) with the columns by"),
    ],
)
def test_rows_that_do_not_fit_are_refused_by_name(trained, passengers, spoil, said):
    model = qfusion_core.load(trained, "statevector")
    with pytest.raises(InputError) as caught:
        model.predict(spoil(new_rows(passengers)))
    assert str(caught.value).startswith(said)


def test_the_run_is_evaluated_and_resumed_on_the_same_rows(qfusion, trained):
    code, out, err = qfusion("evaluate", trained, "--json")
    assert code == 0, err
    found = json.loads(out)
    metrics = json.loads((trained / "metrics.json").read_text())
    assert found["macro_f1"] == pytest.approx(metrics["test"]["macro_f1"])


@pytest.mark.parametrize("own", [False, True])
def test_the_test_part_may_be_none_or_a_table_of_its_own(qfusion, passengers, tmp_path, own):
    passengers.iloc[:200].to_csv(tmp_path / "t.csv", index=False)
    passengers.iloc[200:].assign(Port="new").to_csv(tmp_path / "test.csv", index=False)
    test = tmp_path / "test.csv" if own else "none"
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    code, out, err = qfusion(
        "train", f"file:{tmp_path / 't.csv'}", "--preset", "hardware", "--quantum", "none",
        *settings, "--set", f"data.options.test={test}", "--out", tmp_path / "run",
    )  # fmt: skip
    assert code == 0, err
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["rows"] == [170, 30, 40 if own else 0]
    assert (metrics["test"] is None) != own and ("no test part" in out) != own
    code, _, err = qfusion("evaluate", tmp_path / "run")
    assert code == (0 if own else 2)
    assert own or "was trained without a test part (data.options.test: none)" in err


def test_a_first_line_of_numbers_is_no_header(qfusion, tmp_path):
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.normal(size=(40, 3)).round(3))
    (tmp_path / "t.csv").write_text(
        "5.1,3.5,1.4,target\n" + table.assign(t=[0, 1] * 20).to_csv(index=False, header=False)
    )
    code, _, err = qfusion("train", f"file:{tmp_path / 't.csv'}", "--out", tmp_path / "run")
    assert code == 2 and "the first line holds numbers (5.1, 3.5, 1.4), expected the names" in err
