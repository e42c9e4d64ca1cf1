"""YAML 1.2 everywhere: what a scalar means, where it is its text, and what we write reads back."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import Field

from qfusion_core import InputError, Options, Registry, did_you_mean
from qfusion_core.backends.file import Backends
from qfusion_core.backends.opening import open_named
from qfusion_core.config.presets import compose
from qfusion_core.config.yaml_dump import dump
from qfusion_core.config.yaml_source import YamlDocument


class Inner(Options):
    shots: int | None = Field(default=None, ge=1)
    rate: float = 0.5


class Outer(Options):
    whole: int = 0
    share: float | None = None
    either: int | float = 0
    gate: bool = False
    label: str | None = None
    names: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    path: Path | None = None
    mode: Literal["1.10", "other"] = "other"
    inner: dict[str, Inner] = Field(default={})
    named: int | str = 0


def read(text: str) -> Outer:
    return YamlDocument.parse(text, "f").validate(Outer)


def refusal(function, *arguments, **named):
    with pytest.raises(InputError) as refused:
        function(*arguments, **named)
    said = str(refused.value)
    assert said.isprintable()
    assert len(said) < 300
    return said


@pytest.mark.parametrize(
    ("text", "place", "value"),
    [
        ("whole: 010", "whole", 10),
        ("whole: 008", "whole", 8),
        ("whole: 00100", "whole", 100),
        ("whole: 0o17", "whole", 15),
        ("whole: 0x1F", "whole", 31),
        ("whole: +3", "whole", 3),
        ("whole: 1e3", "whole", 1000),
        ("whole: 2E+4", "whole", 20000),
        ("share: 1e-3", "share", 0.001),
        ("share: .5", "share", 0.5),
        ("share: 3", "share", 3.0),
        ("either: 1e3", "either", 1000.0),
        ("gate: True", "gate", True),
        ("gate: FALSE", "gate", False),
        ("label: ~", "label", None),
        ("named: 3", "named", 3),
        ("named: yes", "named", "yes"),
    ],
)
def test_numbers_and_truth_values_are_those_of_yaml_1_2(text, place, value):
    found = getattr(read(text), place)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("whole: 1:30", 'should be a valid integer, got "1:30"'),
        ("whole: 1_000", 'should be a valid integer, got "1_000"'),
        ("whole: 0b11", 'should be a valid integer, got "0b11"'),
        ("whole: yes", 'should be a valid integer, got "yes"'),
        ("whole: true", "should be a valid integer, got true"),
        ("whole: '100'", 'should be a valid integer, got "100"'),
        ("whole: 1.5", "should be a valid integer"),
        ("whole: .inf", "should be a finite number"),
        ("whole: 2001-99-99", 'should be a valid integer, got "2001-99-99"'),
        ("share: true", "should be a valid number, got true"),
        ("share: '1.5'", 'should be a valid number, got "1.5"'),
        ("either: true", "should be a valid number, got true"),
        ("sizes: [1, true]", "sizes.1: should be a valid integer, got true"),
        ("inner: {x: {shots: '3'}}", 'inner.x.shots: should be a valid integer, got "3"'),
        ("gate: yes", 'gate: should be true or false, got "yes"'),
        ("gate: off", 'gate: should be true or false, got "off"'),
        ("gate: 'true'", 'gate: should be true or false, got "true"'),
        ("gate: 1", "gate: should be true or false, got 1"),
        ("names: 5", "names: should be a list ([a, b]), got 5"),
    ],
)
def test_what_is_no_number_and_no_truth_value_is_refused_with_the_word(text, message):
    assert message in refusal(read, text)


@pytest.mark.parametrize(
    "word",
    [
        *"No Yes On Off True Null ~ y 400.50 1.10 12:30 007 1E50 2e5 1.5e3 -1e3 0o17".split(),
        *".inf 1e400 9223372036854775808 00.10 2026-01-31".split(),
        "9" * 5000,
    ],
)
def test_where_text_is_expected_a_scalar_is_its_text_as_written(word):
    assert read(f"names: [{word}, b]").names == (word, "b")
    if word not in ("Null", "~"):
        assert read(f"label: {word}").label == word
        assert read(f"path: {word}").path == Path(word)
    assert YamlDocument.parse("names: []", "f").override(f"names=[b, {word}]").validate(
        Outer
    ).names == (
        "b",
        word,
    )


def test_a_text_that_is_one_of_a_few_is_its_text_too():
    assert read("mode: 1.10").mode == "1.10"
    assert "should be '1.10' or 'other', got 1.1" in refusal(read, "mode: 1.1")


def test_text_as_written_replaces_nothing_that_was_set_since():
    source = YamlDocument.parse("label: 1.10", "f").override("label=2.50")
    assert source.validate(Outer).label == "2.50"
    assert source.override("label=x").validate(Outer).label == "x"


SPECIAL = [
    "",
    " ",
    "yes",
    "1E50",
    "1:30",
    "~",
    "<<",
    "=",
    "a: b",
    "a #b",
    "\x85",
    "\u2028",
    "\ufeff",
]
TEXTS = st.text() | st.sampled_from(SPECIAL) | st.from_regex(r"[-+]?[0-9._eExob:]{1,8}")
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)


def core_schema(text: str) -> Any:
    """The same text under YAML 1.2's own table (10.3.2), over nodes that nobody resolved."""
    table = [
        (r"null|Null|NULL|~|", lambda _: None),
        (r"true|True|TRUE", lambda _: True),
        (r"false|False|FALSE", lambda _: False),
        (r"[-+]?[0-9]+", int),
        (r"0o[0-7]+", lambda t: int(t[2:], 8)),
        (r"0x[0-9a-fA-F]+", lambda t: int(t, 16)),
        (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", float),
        (r"[-+]?(\.inf|\.Inf|\.INF)", lambda t: float(t.replace(".", ""))),
        (r"\.nan|\.NaN|\.NAN", lambda _: float("nan")),
    ]

    def data(node):
        if isinstance(node, yaml.MappingNode):
            return {data(key): data(value) for key, value in node.value}
        if isinstance(node, yaml.SequenceNode):
            return [data(item) for item in node.value]
        if node.style is None:
            for pattern, read in table:
                if re.fullmatch(pattern, node.value):
                    return read(node.value)
        return node.value

    return data(yaml.compose(text, yaml.BaseLoader))


@given(st.dictionaries(TEXTS, TREES, min_size=1, max_size=3))
@example({"classes": ["1E50", "5A11", "2e5", "-1e3", "\x85", "a\x85b", "No", "007"]})
@example({"x" * 2000: "y" * 2000, "a b": "word " * 500})
def test_what_is_written_reads_back_by_us_and_by_yaml_1_2_and_by_yaml_1_1(tree):
    text = dump(tree)
    assert YamlDocument.parse(text, "f").data == tree
    assert core_schema(text) == tree
    assert yaml.safe_load(text) == tree


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_texts_read_back_as_the_same_texts_where_texts_are_wanted(names):
    assert read(dump({"names": names})).names == tuple(names)


@pytest.mark.parametrize(
    "text",
    [
        "!!int", "!!float ''", "!!bool x", "!!timestamp x", "!!int x", "!!null x", '"\\U00110000"',
        "2001-99-99", ".inf", "[", "{a", "&a [*a]", "!!set {a}", "!!python/name:os.system", "\x07",
        "\u202e", "9" * 5000, "0x" + "f" * 5000, "1:" + "59:" * 3000 + "59", "[" * 100_000,
        "{a: " * 10_000, "- " * 5000, "? " * 5000, '"' + "\\u202e\\x1b" * 400 + '"', "a\nb: c",
        "&a " * 400, "!" + "x" * 5000, "*" + "x" * 5000, "'" + "x" * 5000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("how", ["file", "set", "data", "preset"])
def test_whatever_is_written_is_read_or_refused_in_one_plain_line(text, how, tmp_path):
    began = time.process_time()
    if how == "file":
        said = refusal(read, f"whole: {text}")
    elif how == "preset":
        path = tmp_path / "preset.yaml"
        path.write_text(f"classical: {{type: mlp, options: {text}}}\n", encoding="utf-8")
        said = refusal(compose, str(path), "wine", registry=Registry())
    else:
        data = f"wine:test={text}" if how == "data" else "wine"
        settings = [f"data.options.test={text}"] if how == "set" else []
        said = refusal(compose, "strong", data, settings=settings, registry=Registry())
    assert said
    assert time.process_time() - began < 10


def test_merge_keys_of_merge_keys_cost_no_more_than_their_text():
    chain = "m0: &m0 {k: 1}\n" + "".join(
        f"m{n}: &m{n} {{<<: [{','.join([f'*m{n - 1}'] * 10)}]}}\n" for n in range(1, 30)
    )
    assert YamlDocument.parse(chain, "f").data["m29"] == {"k": 1}
    wide = "m: &m {" + ", ".join(f"k{n}: 1" for n in range(1000)) + "}\n"
    wide += f"n: {{<<: [{', '.join(['*m'] * 1000)}]}}\n"
    assert "more than 100000 merged entries (<<)" in refusal(YamlDocument.parse, wide, "f")
    assert "not of itself" in refusal(YamlDocument.parse, "a: &a {<<: *a}", "f")


def test_a_file_that_is_too_large_or_none_is_refused_before_it_is_read(tmp_path):
    import os

    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(3_000_000_000)
    assert "3,000,000,000 bytes, expected at most 1,000,000" in refusal(YamlDocument.read, large)
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    assert "no regular file" in refusal(YamlDocument.read, pipe)
    assert "no regular file" in refusal(compose, str(pipe), "wine", registry=Registry())
    assert "no regular file" in refusal(YamlDocument.read, "/dev/zero")
    assert "a folder" in refusal(YamlDocument.read, tmp_path)


def test_the_largest_file_that_is_read_takes_seconds():
    began = time.process_time()
    assert "more than 100000 entries" in refusal(
        YamlDocument.parse, "a: [" + "1," * 499_990 + "]", "f"
    )
    assert time.process_time() - began < 10


def test_a_long_value_or_name_does_not_make_a_long_error():
    assert refusal(read, f"? {'x' * 5000}\n: 1").startswith("f:1:3: unknown key 'xxx")
    assert refusal(read, f"whole: '{'x' * 5000}'")
    assert refusal(YamlDocument.parse, f"? {'x' * 5000}\n: 1\n? {'x' * 5000}\n: 2", "f")
    assert refusal(YamlDocument.parse("a: 1", "f").override, f"{'a.' * 5000}b")
    assert refusal(
        YamlDocument.parse('inner: {"\\e]0;x\\a": {shots: x}}', "f").validate,
        Outer,
    )


@pytest.mark.parametrize(
    ("default", "entry"),
    [
        ("NAME", "{type: statevector}"),
        ("a", "{type: NAME}"),
        ("a", "{type: pool, options: {backends: [NAME, a]}}"),
        ("a", "{type: pennylane, options: {device: default.qubit, options: {NAME: 1}}}"),
    ],
)
def test_a_long_name_does_not_make_a_long_error_whoever_says_it(tmp_path, default, entry):
    path = tmp_path / "backends.yaml"
    text = f"version: 1\ndefault: {default}\nbackends:\n  a: {entry}\n"
    path.write_text(text.replace("NAME", "x" * 900))
    with pytest.raises(InputError) as refused:
        open_named(Backends.read(path), "a")
    said = str(refused.value)
    assert said.startswith(f"{path}:")
    assert "\n" not in said
    assert len(said) - len(str(path)) < 250


@pytest.mark.parametrize(
    ("setting", "place", "value"),
    [
        ("training.seed=008", "seed", 8),
        ("training.seed=010", "seed", 10),
        ("training.epochs=1e1", "epochs", 10),
    ],
)
def test_settings_are_yaml_1_2(setting, place, value):
    spec = compose("strong", "wine", settings=[setting], registry=Registry())
    assert getattr(spec.training, place) == value


def test_the_data_argument_is_yaml_1_2():
    spec = compose("strong", "covertype:train=2e4,test=5000", registry=Registry())
    assert spec.data.options["train"] == 20000
    spec = compose("strong", "fashion-mnist:classes=[0,1,2]", registry=Registry())
    assert spec.data.options["classes"] == [0, 1, 2]
    with pytest.raises(InputError, match='test: should be a valid number, got "1:30"'):
        compose("strong", "wine:test=1:30", registry=Registry())
    with pytest.raises(InputError, match='extract: should be true or false, got "yes"'):
        compose("strong", "covertype:extract=yes", registry=Registry())


@pytest.mark.parametrize(
    "name", ["No", "Yes", "On", "Off", "True", "Null", "400.50", "1.10", "007", "12:30"]
)
def test_a_column_is_named_on_the_command_line_as_it_is_written(name):
    settings = [f"data.options.drop={name}", f"data.options.label={name}x"]
    spec = compose("strong", "file:t.csv", settings=settings, registry=Registry())
    assert (spec.data.options["drop"], spec.data.options["label"]) == ([name], f"{name}x")
    if name != "Null":
        label = compose(
            "strong", "file:t.csv", settings=[f"data.options.label={name}"], registry=Registry()
        )
        assert label.data.options["label"] == name
    several = compose(
        "strong", "file:t.csv", settings=[f"data.options.drop=[{name}, b]"], registry=Registry()
    )
    assert several.data.options["drop"] == [name, "b"]


@pytest.mark.parametrize("name", ["1" + "0" * 400, "x" * 5000, "a\u2028b"])
def test_a_name_that_is_not_known_makes_no_long_line(name):
    registry = Registry()
    refusal(registry.get, "device", name)
    refusal(compose, "hardware", "wine", quantum=name, registry=registry)
    refusal(compose, "hardware", f"fashion-mnist:{name}=[", registry=registry)


def test_many_names_that_are_known_make_no_long_line():
    said = did_you_mean("q", [f"backend-{number:03}" for number in range(1000)])
    assert said.startswith("known: backend-000, backend-001, ")
    assert said.endswith(" more")
    assert len(said) < 200
