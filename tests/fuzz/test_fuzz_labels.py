"""Labels are text: what stands in a CSV or a Parquet comes out of `predict`, whatever it is."""

import csv
import io

import numpy as np
import pandas as pd
import pytest

from qfusion_datasets.file import File
from support.fuzz.mutations import TOKENS
from support.fuzz.oracle import command

pytestmark = pytest.mark.usefixtures("outside")
ROWS = 60
WORDS = [
    *(token.strip() for token in TOKENS if len(token) < 20 and token != "1e999"),
    "None", "NA", "nan", "null", "true", "False", "007", "7", "1e2", "100", "1.0", "1,5", "0x10",
    "-1", "=SUM(A1)", "+1", "@x", "日本", "Ωmega", "e\u0301", "é", "\U0001f600", "a b", "a  b",
    "2026-01-31", "1234567890123456789", "a;b", "a\tb", 'a"b', "a'b", "\u2068x", "\u017f", "\ufb01",
    "label", "#", "//",
]  # fmt: skip


def labels(random):
    """Two to five different labels; some of letters that nobody has seen together."""
    found = set()
    while len(found) < random.choice([2, 3, 5]):
        text = random.choice(WORDS)
        if random.random() < 0.4:
            letters = [
                chr(random.choice([random.randrange(32, 127), random.randrange(160, 0x3000)]))
            ]
            text = "".join(letters * random.choice([1, 2])) + random.choice(["", text])
        text = text.strip()
        if text and not {"\x00", "\r", "\n", "\ufeff"} & set(text) and "\ud800" not in text:
            found.add(text)
    return sorted(found)


def table(names):
    """Features that tell each row's label, and the labels in turn."""
    y = np.arange(ROWS) % len(names)
    noise = np.random.default_rng(0).normal(size=ROWS) / 10
    return pd.DataFrame({"a": y + noise, "b": noise, "label": [names[j] for j in y]})


def write(frame, path, random):
    """As pandas writes it, or quoted throughout."""
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        quoting = random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
        frame.to_csv(path, index=False, quoting=quoting)


def test_every_label_is_a_class(rounds, tmp_path):
    for seed, random in rounds(60):
        names = labels(random)
        path = tmp_path / random.choice(["t.csv", "t.parquet"])
        write(table(names), path, random)
        found = File(File.Options(path=path)).load(seed=0).class_names
        assert set(found) == set(names), (seed, names, found)


def test_every_label_comes_out_of_predict(rounds, tmp_path, capsys):
    quick = ["--preset", "hardware", "--quantum", "none", "--set", "training.epochs=12"]
    for seed, random in rounds(2):
        names = labels(random)
        path = tmp_path / random.choice(["t.csv", "t.parquet"])
        run = tmp_path / f"run{seed}"
        write(table(names), path, random)
        command(capsys, seed, "train", f"file:{path}", *quick, "--out", run, "--json", codes=(0,))
        _, out, _ = command(capsys, seed, "predict", run, path, codes=(0,))
        found = [row["class"] for row in csv.DictReader(io.StringIO(out, newline=""))]
        assert set(found) <= set(names), (seed, names, set(found))
        assert len(found) == ROWS, seed
