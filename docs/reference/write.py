"""Writes the pages of this folder that say what the code says: verbs, specification, public names.

python docs/reference/write.py
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import qfusion_core
from qfusion_core import Registry
from qfusion_core.cli.app import app
from qfusion_core.config.spec import KINDS_BY_KEY, Preprocess, Training
from qfusion_core.noise_parameters import Depolarizing, Noise
from qfusion_core.plugin.registry import Kind

WRITTEN = "<!-- docs/reference/write.py writes this page -->"


def cell(text: str) -> str:
    """Text that a table can hold."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def table(*heads: str, rows: list[tuple[str, ...]]) -> str:
    """A table."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def paragraphs(docstring: str | None) -> str:
    """Of a docstring: what stands before the sections on arguments."""
    text = re.split(
        r"\n\s*(?:Args|Raises|Returns|Attributes):\n", inspect.cleandoc(docstring or "")
    )[0]
    return text.strip()


def verbs(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Each verb with the words that lead to it."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
    for name, child in (inner or {}).items():
        yield from verbs(child, f"{path} {name}")


def command_line() -> str:
    """Every verb, argument and option."""
    parts = [
        "# Command line",
        WRITTEN,
        "`qfusion evaluate --help` says the same of a verb; before the verb stand `--version` and "
        "`--traceback`. [Exit codes](exit-codes.md) are the same everywhere. `qfusion jobs RUN` is "
        "`qfusion jobs list RUN`, and `qfusion backends` is `qfusion backends list`.",
    ]
    for path, command in verbs(typer.main.get_command(app), "qfusion"):
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        options = [p for p in command.params if p.param_type_name == "option"]
        words = " ".join([path, *command.collect_usage_pieces(typer.Context(command))])
        rows = [(f"`{p.metavar or p.name.upper()}`", cell(p.help or "")) for p in arguments]
        for option in options:
            name = ", ".join([*option.opts, *option.secondary_opts])
            value = (
                option.default if not option.is_flag and option.default not in (None, ()) else None
            )
            default = "" if value is None else f" Default: {value}."
            rows.append((f"`{name}`", cell((option.help or "") + default)))
        parts += [f"## {path}", f"`{words}`", paragraphs(command.help)]
        if rows:
            parts.append(table("word", "means", rows=rows))
    return "\n\n".join(parts) + "\n"


def fields(model: type[BaseModel]) -> list[tuple[str, ...]]:
    """Rows of a model's fields: name, default, description."""
    rows = []
    for name, field in model.model_fields.items():
        if field.default_factory_takes_validated_data:
            default = "by the others"
        else:
            value = field.get_default(call_default_factory=True)
            default = "required" if value is PydanticUndefined else f"`{_plain(value)}`"
        rows.append((f"`{name}`", cell(default), cell(field.description or "")))
    return rows


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


def run_specification() -> str:
    """What is trained on what, with the options of every component that comes along."""
    parts = ["# Run specification", WRITTEN, INTRODUCTION]
    for key, model in (("preprocess", Preprocess), ("training", Training), ("noise", Noise)):
        parts += [f"## {key}", paragraphs(model.__doc__), table(*HEADS, rows=fields(model))]
    parts += ["`depolarizing` holds:", table(*HEADS, rows=fields(Depolarizing))]
    for key, kind in KINDS_BY_KEY.items():
        parts += [f"## {key}", *components(kind, "###")]
    return "\n\n".join(parts) + "\n"


def components(kind: Kind, heading: str) -> Iterator[str]:
    """Each component that comes along, with its options."""
    registry = Registry()
    for name in registry.names(kind):
        component = registry.get(kind, name)
        if component.__module__.split(".")[0].removeprefix("qfusion_") in OURS:
            yield f"{heading} {name}"
            yield paragraphs(component.__doc__)
            if rows := fields(component.Options):
                yield table(*HEADS, rows=rows)
            if names := [
                f"`{name}`" for name in getattr(component, "Credentials", Empty).model_fields
            ]:
                yield f"Credentials: {', '.join(names)}."


def devices() -> str:
    """What a backend's `type` may be, with options and credentials."""
    said = "`type` of an entry of [`backends.yaml`](backends-yaml.md), with its options."
    return "\n\n".join(["# Devices", WRITTEN, said, *components("device", "##")]) + "\n"


class Empty(BaseModel):
    """Of components that take no credentials."""


HEADS = ("key", "default", "means")
OURS = {path.name.removeprefix("qfusion_") for path in Path(__file__).parents[2].glob("plugins/*")}
INTRODUCTION = """One YAML document says what is trained on what. `qfusion train` composes it from a
preset, from `--classical`, `--quantum`, `--fusion` and from `--set KEY=VALUE` (a dotted path, and
YAML); the run folder keeps it with every option written out. A preset is a file of the same shape
without `data`, plus `overlays`: parts that replace its own where the data set or the classical
encoder is of a given type. YAML is 1.2: `yes` is text, and `010` is ten.

```yaml
preprocess:
  classical: [standardise, {pca: 0.95}, standardise]
  quantum: [standardise, {pca: 4}, standardise]
classical: {type: mlp, options: {hidden: [64], dim: 32}}
quantum: {type: hardware-efficient, options: {qubits: 4, layers: 2, readout: z+zz-all}}
fusion: {type: cross-attention, options: {width: 32, heads: 4}}
training: {epochs: 60, batch_size: 16}
noise: {shots: 1000}
```

`quantum: none` is the classical model with the same head, without fusion. A transform is
`standardise`, `quantile-normal`, `{pca: 9}` (components) or `{pca: 0.95}` (a share of variance);
all are fitted on the training part."""


def public_names() -> str:
    """Every public name with the first line of what it says of itself."""
    kinds: dict[str, list[tuple[str, ...]]] = {
        "Functions": [],
        "Classes": [],
        "Errors": [],
        "Types": [],
    }
    for name in sorted(qfusion_core.__all__, key=str.lower):
        value = getattr(qfusion_core, name)
        if choices := get_args(value):
            kinds["Types"].append((f"`{name}`", ", ".join(f"`{choice}`" for choice in choices)))
            continue
        is_error = inspect.isclass(value) and issubclass(value, BaseException)
        kind = "Errors" if is_error else "Classes" if inspect.isclass(value) else "Functions"
        said = inspect.cleandoc(value.__doc__ or "").split("\n\n")[0]
        kinds[kind].append((f"`{name}`", cell(said)))
    parts = [
        "# Public API",
        WRITTEN,
        "Everything is importable from `qfusion_core`, and loaded when it is used; "
        "`qfusion_core.testing` holds the contracts. `help(qfusion_core.NAME)` gives arguments, "
        "shapes, units and errors. What is not here is not public.",
        "Circuits may be traced and models evaluated in several threads. Run what trains (`train`, "
        "`resume_training`, `refit`) in processes, not threads: torch's generator of random "
        "numbers, which a seed sets, is one for all threads.",
    ]
    for kind, rows in kinds.items():
        parts += [f"## {kind}", table("name", "what it is", rows=rows)]
    return "\n\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """Text by file name."""
    return {
        "command-line.md": command_line(),
        "devices.md": devices(),
        "run-specification.md": run_specification(),
        "python.md": public_names(),
    }


if __name__ == "__main__":
    for file, text in pages().items():
        Path(__file__).with_name(file).write_text(text, encoding="utf-8")
