"""``qfusion predict``: what stands in a file is what is classified, and what is printed."""

import csv
import hashlib
import io
import json
import shutil

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qfusion_core import InputError
from qfusion_core.cli import main
from qfusion_core.model.classifier import FusionClassifier
from qfusion_core.model.prediction import require_usable_rows
from qfusion_core.model.rows_digest import rows_digest
from qfusion_core.runs.folder import RunFolder

LONGER = ("--set", "training.epochs=12", "--set", "training.learning_rate=0.05")
QUICK = ("--preset", "hardware", "--quantum", "none", "--set", "training.epochs=2")


def rows_of(labels, rows=36):
    """Two features, decimals with a point, and labels in turn: each class at a place of its own."""
    random = np.random.default_rng(0)
    return [
        (f"{random.normal(9 * (j % len(labels)), 1):.4f}", f"0.00{j % 5}5", labels[j % len(labels)])
        for j in range(rows)
    ]


def table(path, rows, separator=",", decimal="."):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(("a", "b", "label"))
        for a, b, label in rows:
            writer.writerow((a.replace(".", decimal), b.replace(".", decimal), label))
    return path


@pytest.fixture(scope="module")
def german(tmp_path_factory):
    """A run on a file of semicolons and decimal commas, two of its classes formulas."""
    folder = tmp_path_factory.mktemp("german")
    path = table(folder / "t.csv", rows_of(["=SUM(1)", "@x", "gut"]), ";", ",")
    with pytest.raises(SystemExit) as end:
        main(["train", f"file:{path}", *QUICK, *LONGER, "--out", str(folder / "run")])
    assert not end.value.code
    return folder / "run"


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_rows_that_no_class_can_be_given_are_all_named_and_nothing_is_printed(
    german, tmp_path, qfusion, as_json
):
    rows = ["1,5;0,001"] * 30
    for bad in (1, 5, *range(10, 25)):
        rows[bad] = "1,5;9e36"
    (tmp_path / "x.csv").write_text("a;b\n" + "\n".join(rows) + "\n")
    code, out, err = qfusion("predict", german, tmp_path / "x.csv", *as_json)
    assert (code, out) == (2, "")
    assert "no class for 17 of 30 rows (" in err
    assert "data row 2, 6, 11, 12, 13, 14, 15, 16, 17, 18, ...;" in err


def test_logits_that_are_not_finite_are_refused_by_row():
    logits = torch.zeros(4, 3)
    logits[1, 2], logits[3, 0] = torch.nan, torch.inf
    with pytest.raises(
        InputError, match=r"no class for 2 of 4 rows \(why\): data row 20, 40; look"
    ):
        require_usable_rows(logits, np.array([10, 20, 30, 40]), "x.csv", "why")
    require_usable_rows(logits[:1], np.array([10]), "x.csv", "why")


def test_a_fill_value_is_named_by_row_and_column(german, tmp_path, qfusion):
    (tmp_path / "x.csv").write_text("a;b\n1,5;2,5\n-3,4028235e+38;2,5\n")
    code, out, err = qfusion("predict", german, tmp_path / "x.csv", "--json")
    assert (code, out) == (2, "")
    assert "column 'a': infinite, or a fill value (-3.40282e+38), in 1 of 2 rows" in err


def test_numbers_are_read_as_in_training_or_refused(german, tmp_path, qfusion):
    def predicted(text):
        (tmp_path / "x.csv").write_text(text)
        return qfusion("predict", german, tmp_path / "x.csv", "--json")

    assert RunFolder.open(german).config.provenance["marks"]["decimal"] == ","
    code, out, _ = predicted("a;b\n9,012;0,002\n")  # could be 9012, but for the training
    assert (code, json.loads(out)[0]["class"]) == (0, "@x")
    for text in ("a;b\n9.012;2\n", "a;b\n9.01;2\n", 'a,b\n"9,01",2\n'):
        code, out, err = predicted(text)
        assert (code, out) == (2, "")
        assert "column 'a': text in 1 of 1 rows, the first is data row 1: '9" in err


def test_a_table_out_of_another_program_is_read_by_its_own_marks(german, tmp_path, qfusion):
    def predicted(run, text):
        (tmp_path / "x.csv").write_text(text)
        code, out, _ = qfusion("predict", run, tmp_path / "x.csv", "--json")
        assert code == 0
        return [row["class"] for row in json.loads(out)]

    commas = "a;b\n0,1;0,001\n9,1;0,002\n18,2;0,001\n"
    points = "a,b\n0.1,0.001\n9.1,0.002\n18.2,0.001\n"
    expected = ["=SUM(1)", "@x", "gut"]
    assert predicted(german, points) == predicted(german, commas) == expected
    run = tmp_path / "points"
    shutil.copytree(german, run)
    config = (run / "config.yaml").read_text()
    assert config.count('decimal: ","') == 1
    (run / "config.yaml").write_text(config.replace('decimal: ","', 'decimal: "."'))
    assert predicted(run, commas) == predicted(run, commas.replace(",", ".")) == expected
    # each could be 9002: the training decides
    assert predicted(run, "a;b\n9.002;1\n") == predicted(run, "a,b\n9.002,1\n")


def test_formulas_are_names_as_written_and_escaped_on_request(german, tmp_path, qfusion):
    (tmp_path / "x.csv").write_text("a;b\n0,1;0,001\n9,1;0,002\n18,2;0,001\n")

    def classes(*words):
        code, out, _ = qfusion("predict", german, tmp_path / "x.csv", *words)
        assert code == 0
        return [row["class"] for row in csv.DictReader(io.StringIO(out))]

    assert classes() == ["=SUM(1)", "@x", "gut"]
    assert classes("--escape-formulas") == ["'=SUM(1)", "'@x", "gut"]


LABEL = st.text(min_size=1, max_size=6).filter(
    lambda text: text.strip() == text and text.isprintable() and not text[0].isdigit()
)


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LABEL, min_size=2, max_size=3, unique=True))
def test_labels_come_out_of_predict_as_they_went_into_training(tmp_path_factory, qfusion, labels):
    folder = tmp_path_factory.mktemp("round")
    rows = rows_of(labels)
    path = table(folder / "t.csv", rows)
    code, _, err = qfusion("train", f"file:{path}", *QUICK, *LONGER, "--out", folder / "run")
    assert code == 0, err
    code, out, err = qfusion("predict", folder / "run", path)
    assert code == 0, err
    printed = list(csv.DictReader(io.StringIO(out)))
    assert {row["class"] for row in printed} <= set(labels)
    right = [row["class"] == label for row, (*_, label) in zip(printed, rows, strict=True)]
    assert sum(right) > len(rows) / 2


class Centred(FusionClassifier):
    """As much of a model as is asked for: what it sees of rows."""

    def __init__(self):
        torch.nn.Module.__init__(self)

    def preprocess(self, raw):
        return raw.double() - 2460310, raw.double()[:, :0]


def test_rows_are_known_by_the_digest_of_their_time_unless_their_digits_matter():
    near = torch.tensor([[0.1, 0.0025], [9.3, 0.0017]], dtype=torch.float64)
    before = hashlib.sha256(near.float().numpy().tobytes()).hexdigest()
    assert rows_digest(Centred(), near) == before
    far = near + 2460310
    assert rows_digest(Centred(), far) == hashlib.sha256(far.numpy().tobytes()).hexdigest()
