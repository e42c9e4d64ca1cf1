"""Tables that anybody may have saved: finite numbers and classes, or one plain line."""

import csv
import io
import json
import warnings
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qfusion_core import read_table
from qfusion_core.data.table import read_features
from qfusion_datasets.file import File
from support.fuzz.mutations import TOKENS, damage, damage_bytes, damage_text
from support.fuzz.oracle import outcome

pytestmark = pytest.mark.usefixtures("outside")
ROWS = 40
NAMES = ["a", "b", "label", "id", "x0", "x1", "y", "target", " a", "", "A", "1.5", "drop, this"]
CELLS = [
    "", " ", "0", "1", "1.5", "1,5", "1.234", "1.234,5", "1 234", "1'234", "-3e38", "9.9e36",
    "1e999", "inf", "nan", "NA", "None", "yes", "0x10", "1_000", "2026-01-31", "\u00a01", "é",
    "日本", '"', "'", "=1+1", "\x1b[31m", "\u202e", "\x00", "a\nb", "x" * 3000, "9" * 400,
    "-0", "007", "\u0661\u0662",
]  # fmt: skip
KINDS = [
    np.arange(ROWS), np.linspace(-1, 1, ROWS), np.linspace(0, 1, ROWS, dtype=np.float16),
    np.arange(ROWS, dtype=np.uint64) + 2**63, np.arange(ROWS) % 2 == 0, np.arange(ROWS) * 1j,
    np.array(["ja", "nein"] * (ROWS // 2)), np.array([b"ja", b"\xff"] * (ROWS // 2)),
    np.arange(ROWS).astype("datetime64[s]"), np.arange(ROWS).astype("timedelta64[ms]"),
    np.full(ROWS, np.nan), np.full(ROWS, np.inf), np.full(ROWS, 1e37),
    np.zeros((ROWS, 3)), np.zeros((ROWS, 2, 4)), np.zeros((ROWS, 1, 4, 4)),
    np.zeros((ROWS, 4, 4, 3)), np.zeros((0, 3)), np.zeros((ROWS, 0)), np.float64(1),
    np.zeros(ROWS, dtype=[("f", "f8"), ("g", "i2")]),
]  # fmt: skip


def plain_table(random):
    """Columns that are sound, and labels."""
    labels = random.choice([["no", "yes"], ["0", "1", "2"], ["007", "7"], ["1e2", "NA", "x"]])
    return pd.DataFrame(
        {
            "a": [f"{random.random():.{random.randint(0, 9)}f}" for _ in range(ROWS)],
            "b": [str(random.randint(-9, 9999)) for _ in range(ROWS)],
            "label": [labels[j % len(labels)] for j in range(ROWS)],
        }
    )


def delimited(random):
    """A CSV, damaged in its names, its cells, its lines or its bytes."""
    frame = plain_table(random)
    names, rows = list(frame), frame.to_numpy().tolist()
    for _ in range(random.choice([0, 1, 1, 2, 5])):
        match random.choice(["name", "cell", "cell", "column", "short", "long", "mark"]):
            case "name":
                names[random.randrange(len(names))] = random.choice(NAMES)
            case "cell":
                random.choice(rows)[0] = random.choice(CELLS)
            case "column":
                place, cell = random.randrange(3), random.choice(CELLS)
                for row in rows:
                    row[place : place + 1] = [cell]
            case "short":
                random.choice(rows).pop()
            case "long":
                random.choice(rows).append(random.choice(CELLS))
            case "mark":
                rows = [[cell.replace(".", ",") for cell in row] for row in rows]
    text = io.StringIO()
    quoting = random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    end, mark = random.choice(["\n", "\r\n", "\r"]), random.choice([",", ";", "\t", "|"])
    rows = [row or [""] for row in rows]
    csv.writer(text, delimiter=mark, lineterminator=end, quoting=quoting).writerows([names, *rows])
    text = random.choice(["", "", "", "sep=;\n", "# made by x\n", "\ufeff"]) + text.getvalue()
    if random.random() < 0.3:
        text = damage_text(text, random, random.choice([1, 2]))
    coded = text.encode(random.choice(["utf-8"] * 8 + ["utf-16", "latin-1"]), errors="replace")
    return damage_bytes(coded, random) if random.random() < 0.2 else coded


def parquet(random):
    """A Parquet file of odd types, with anything of pandas's beside it, or damaged in its bytes."""
    sound = plain_table(random).astype({"a": float, "b": int})
    columns = {name: pa.array(sound[name]) for name in sound}
    for _ in range(random.choice([0, 1, 1, 2])):
        column = random.choice(
            [
                lambda: pa.array(random.choice(KINDS[:10])),
                lambda: pa.array([random.choice([None, 1.5])] * ROWS),
                lambda: pa.array([[1, 2]] * ROWS),
                lambda: pa.array([{"x": 1}] * ROWS),
                lambda: pa.array([[("k", 1)]] * ROWS, pa.map_(pa.string(), pa.int64())),
                lambda: pa.array(["a", "b"] * (ROWS // 2)).dictionary_encode(),
                lambda: pa.array([random.choice(CELLS)] * ROWS),
                lambda: pa.array([b"\xff\x00"] * ROWS),
                lambda: pa.nulls(ROWS),
                lambda: pa.array([10**30] * ROWS, pa.decimal128(38, 2)),
                lambda: pa.array([2**62] * ROWS, pa.timestamp("s", "Mars/Olympus")),
            ]
        )
        try:
            columns[random.choice(NAMES)] = column()
        except (pa.ArrowException, ValueError):
            continue
    table = pa.table(columns)
    if random.random() < 0.3:
        known = json.loads(pa.Schema.from_pandas(sound).metadata[b"pandas"])
        text = json.dumps(damage(known, random, 2)).encode()
        table = table.replace_schema_metadata({"pandas": text, "x\x1b": "y" * 3000})
    file = io.BytesIO()
    try:
        pq.write_table(table, file, compression=random.choice(["snappy", "none", "zstd"]))
    except pa.ArrowException:
        return b"PAR1"
    return damage_bytes(file.getvalue(), random) if random.random() < 0.5 else file.getvalue()


def arrays(random):
    """An npz of odd arrays, its headers or its archive damaged."""
    file, names = io.BytesIO(), ["x", "y", random.choice(["", "../x", "z\x1b", "x"])]
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as archive:
        warnings.simplefilter("ignore")  # a name that stands twice
        for name in names[: random.choice([1, 2, 2, 3])]:
            sound = np.random.default_rng(0).normal(size=(ROWS, 3)), np.arange(ROWS) % 2
            array = random.choice(KINDS) if random.random() < 0.4 else sound[name == "y"]
            entry = io.BytesIO()
            np.lib.format.write_array(entry, np.asanyarray(array), allow_pickle=False)
            raw = entry.getvalue()
            if random.random() < 0.3:
                cut = raw.index(b"\n") + 1
                raw = damage_text(raw[:cut].decode("latin-1"), random).encode(
                    "latin-1", errors="replace"
                ) + raw[cut:]  # fmt: skip
            if random.random() < 0.2:
                shape = random.choice([b"(-1, 3)", b"(10**9,)", b"(99999999999, 3)", b"(3.5,)"])
                raw = raw.replace(b"(40, 3)", shape)
            kind = random.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
            archive.writestr(f"{name}.npy", raw, compress_type=kind)
    raw = file.getvalue()
    return damage_bytes(raw, random) if random.random() < 0.4 else raw


@pytest.mark.parametrize("kind", ["csv", "tsv", "parquet", "npz"])
def test_tables(rounds, tmp_path, kind):
    make = {"parquet": parquet, "npz": arrays}.get(kind, delimited)
    path = tmp_path / f"table.{kind}"
    for seed, random in rounds(50):
        path.write_bytes(make(random))
        frame = outcome(seed, read_table, path, about=path.name).value
        names = ("a", "b") if frame is None else tuple(frame.columns)[:2]
        x = outcome(seed, read_features, path, random.choice([names, ()]), about=path.name).value
        assert x is None or np.isfinite(x).all(), seed
        options = {"label": random.choice([None, None, random.choice(NAMES)])}
        if random.random() < 0.3:
            options["drop"] = (random.choice(NAMES), random.choice(TOKENS))
        if random.random() < 0.3:
            options |= {
                "decimal": random.choice([".", ","]),
                "channels": random.choice([None, "last"]),
            }
        given = File.Options(path=path, **options)
        taken = outcome(seed, lambda: File(given).load(seed=0), about=path.name)  # noqa: B023
        split = taken.value
        for part in (split.train, split.validation, split.test) if split else ():
            assert np.isfinite(part.x).all(), seed
            assert set(part.y.tolist()) <= set(range(len(split.class_names))), seed
