"""Every error of a YAML file says path, line, column, dotted place, what is wrong, what to do."""

from typing import Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, field_validator

from qfusion_core import Credentials, InputError, Options
from qfusion_core.config.yaml_source import YamlDocument


class Inner(Options):
    shots: int | None = Field(default=None, gt=0)
    device: str
    mode: Literal["job", "batch"] = "job"

    @field_validator("device")
    @classmethod
    def _device(cls, value):
        if " " in value:
            raise ValueError("a device has no blank in its name")
        if value == "remote":
            raise InputError("remote devices need another type")
        return value


class Outer(Options):
    version: Literal[1] = 1
    items: dict[str, Inner] = Field(default={})
    steps: tuple[Inner | Literal["none"], ...] = ()


def refusal(function, *arguments):
    with pytest.raises(InputError) as refused:
        function(*arguments)
    assert "\n" not in str(refused.value)
    return str(refused.value)


KEYS = st.text("abcdefgh-_ 1:#é", min_size=1, max_size=6).filter(lambda key: key.strip() == key)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, width=32)
    | st.text("ab :#\n'\"é-*&!0", max_size=8)
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def places(tree, at=()):
    yield at
    if isinstance(tree, dict | list):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from places(value, (*at, key))


@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=3), st.booleans())
def test_data_and_positions_are_those_of_the_text(tree, flow):
    text = yaml.safe_dump(tree, default_flow_style=flow, allow_unicode=True)
    source = YamlDocument.parse(text, "f")
    assert source.data == tree
    assert set(source.positions) == set(places(tree))
    lines = text.splitlines()
    for at, position in source.positions.items():
        if at and isinstance(at[-1], str):
            _, line, column = position.key.split(":")
            assert lines[int(line) - 1][int(column) - 1 :].lstrip("'\"?").startswith(at[-1][0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f:1:1: the file is empty; expected a mapping (key: value)"),
        ("# only a comment\n", "f:1:1: the file is empty; expected a mapping (key: value)"),
        ("- 1", "f:1:1: expected a mapping (key: value) at the top, got list"),
        ("just text", "f:1:1: expected a mapping (key: value) at the top, got str"),
        ("a: 1\nb: 2\na: 3", "f:3:1: key 'a' stands twice, first in line 1; remove one of them"),
        ("x: {b: 1, b: 2}", "f:1:11: key 'b' stands twice, first in line 1; remove one of them"),
        ("a:\n\tb: 1", "f:2:1: a tab; YAML is indented with spaces"),
        ("a: [1, 2", "f:1:9: a bracket or brace that is never closed, or a comma that is missing"),
        ("a: 'x", "f:1:6: a quote that is never closed"),
        ("a:\n  - 1\n b: 2", "f:3:2: wrong indentation, or an item that does not fit"),
        ("a: b: c", "f:1:5: a ':' where none can be"),
        ("a 1\nb: 2", "f:2:2: a ':' where none can be: the line above has none"),
        ("a: *x", "f:1:4: an alias (*name) without its anchor (&name)"),
        ("a: @x", "f:1:4: a character that cannot begin a value; put quotes around the text"),
        ("a: !!python/name:os.system", "f:1:4: an unknown tag (!name); only plain YAML is read"),
        ("a: !!binary eA==", "f:1:4: cannot read this as binary"),
        ("a: !!int z", "f:1:4: cannot read this as int"),
        ("? [1]\n: 2", "f:1:3: a key must be text"),
        ("a: 1\n---\nb: 2", "f:2:1: a second document (---); one file holds one"),
        ("ok: 1\na: \x00", "f:2:4: a control character"),
        ("a: &x {b: *x}", "f: nested too deeply to be a configuration"),
        ("c: {<<: 3}", "f:1:5: << takes an alias of a mapping"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_in_plain_words(text, message):
    assert refusal(YamlDocument.parse, text, "f").startswith(message)


def test_a_bomb_of_aliases_is_refused():
    bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )
    assert "more than 100000 entries" in refusal(YamlDocument.parse, bomb, "f")


def test_a_file_that_cannot_be_read(tmp_path):
    missing = tmp_path / "none.yaml"
    expected = f"{missing}: cannot read it: No such file or directory"
    assert refusal(YamlDocument.read, missing) == expected
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("a: é".encode("latin-1"))
    assert (
        refusal(YamlDocument.read, latin) == f"{latin}: not UTF-8 text (byte 3); save it as UTF-8"
    )


def test_a_byte_order_mark_is_no_key(tmp_path):
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1")
    assert YamlDocument.read(path).data == {"a": 1}


def test_numbers_dates_anchors_and_merges():
    source = YamlDocument.parse(
        "a: 1e-3\nb: 2026-01-31\nc: &c {x: 1, y: 2}\nd: {<<: *c, y: 3}\n2: e", "f"
    )
    assert source.data == {
        "a": 0.001, "b": "2026-01-31", "c": {"x": 1, "y": 2}, "d": {"x": 1, "y": 3}, "2": "e",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "version: 1\nitems:\n  x: {device: a, shot: 3}",
            "f:3:18: items.x: unknown key 'shot', did you mean 'shots'? known: device, mode, shots",
        ),
        (
            "version: 1\nitem: {}",
            "f:2:1: unknown key 'item', did you mean 'items'? known: items, steps, version",
        ),
        ("items:\n  x:\n    shots: 1", "f:2:3: items.x: missing key 'device'"),
        ("items:\n  x: {shot: 1}", "f:2:7: items.x: unknown key 'shot', did you mean 'shots'?"),
        (
            "items:\n  x:\n    device: a\n    shots: 0",
            "f:4:12: items.x.shots: should be greater than 0, got 0",
        ),
        (
            "items: {x: {device: a, shots: many}}",
            'f:1:31: items.x.shots: should be a valid integer, got "many"',
        ),
        (
            "items: {x: {device: a, mode: bach}}",
            "f:1:30: items.x.mode: should be 'job' or 'batch', got \"bach\"",
        ),
        (
            "items: {x: {device: a b}}",
            "f:1:21: items.x.device: a device has no blank in its name",
        ),
        ("items: {x: {device: remote}}", "f:1:1: remote devices need another type"),
        ("items: [x]", "f:1:8: items: should be a mapping (key: value), got a list"),
        ("items: {x: 1}", "f:1:12: items.x: should be a mapping (key: value), got 1"),
        ("version: 2", "f:1:10: version: should be 1, got 2"),
        (
            "steps: [none, {device: a, sots: 3}]",
            "f:1:27: steps.1: unknown key 'sots', did you mean 'shots'?",
        ),
        (
            "steps: [non]",
            "f:1:9: steps.0: should be a mapping (key: value) or should be 'none', got \"non\"",
        ),
    ],
)
def test_what_does_not_fit_the_model_is_refused_at_its_place(text, message):
    assert refusal(YamlDocument.parse(text, "f").validate, Outer).startswith(message)


def test_a_subtree_is_validated_and_an_absent_one_is_empty():
    source = YamlDocument.parse("items: {x: {device: a, shots: 5}}\nnothing:", "f")
    assert source.validate(Inner, ("items", "x")) == Inner(device="a", shots=5)
    assert source.validate(Outer, ("nothing",)) == Outer()
    assert refusal(source.validate, Inner, ("items", "y")) == (
        "f:1:1: items.y: missing key 'device'"
    )


def test_a_credential_is_never_quoted():
    class Token(Credentials):
        token: int

    message = refusal(YamlDocument.parse("c: {token: s3cr3t}", "f").validate, Token, ("c",))
    assert message.startswith("f:1:12: c.token: should be a valid integer")
    assert "s3cr3t" not in message


def test_a_long_value_is_cut():
    message = refusal(YamlDocument.parse(f"version: {'x' * 500}", "f").validate, Outer)
    assert message == f'f:1:10: version: should be 1, got "{"x" * 59}...'


@pytest.mark.parametrize(
    ("assignment", "data"),
    [
        ("a.b=2", {"a": {"b": 2}, "l": [1]}),
        ("a.c=[x, 1e-3]", {"a": {"b": 1, "c": ["x", 0.001]}, "l": [1]}),
        ("n.e.w={x: 1}", {"a": {"b": 1}, "l": [1], "n": {"e": {"w": {"x": 1}}}}),
        ("a=", {"a": None, "l": [1]}),
        ("a.b=x=y", {"a": {"b": "x=y"}, "l": [1]}),
        ("a.b=,", {"a": {"b": ","}, "l": [1]}),
        ("a.b='", {"a": {"b": "'"}, "l": [1]}),
    ],
)
def test_an_override_replaces_or_adds_one_entry(assignment, data):
    assert YamlDocument.parse("a: {b: 1}\nl: [1]", "f").override(assignment).data == data


def test_errors_in_an_override_cite_it_and_others_the_file():
    source = YamlDocument.parse("version: 1\nitems: {x: {device: a}}", "f")
    changed = source.override("items.x.shots=0")
    assert refusal(changed.validate, Outer) == (
        "--set items.x.shots: should be greater than 0, got 0"
    )
    unknown = source.override("items.x={device: a, shot: 1}")
    assert refusal(unknown.validate, Outer).startswith(
        "--set items.x: unknown key 'shot', did you mean 'shots'?"
    )
    elsewhere = YamlDocument.parse("version: 2", "f").override("items.x={device: a}")
    assert refusal(elsewhere.validate, Outer).startswith("f:1:10: version: should be 1")


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("a.b", "--set a.b: expected dotted.place=value"),
        ("=3", "--set =3: expected dotted.place=value"),
        ("a..b=3", "--set a..b=3: expected dotted.place=value"),
        ("a.b.c=3", "--set a.b.c: 'b' holds int, not a mapping"),
        ("a.b=[1", "--set a.b:1:3: a bracket or brace that is never closed"),
    ],
)
def test_an_assignment_of_another_form_is_refused(assignment, message):
    source = YamlDocument.parse("a: {b: 1}", "f")
    assert refusal(source.override, assignment).startswith(message)
