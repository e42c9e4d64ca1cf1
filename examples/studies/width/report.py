"""The tables of the study, in Markdown, and its plots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from qfusion_core import write_atomically
from width import rows
from width.cells import DATA
from width.plots import draw_all
from width.summary import Spread, Trained, grouped, on_machines, trainings

Row = dict[str, Any]


def write_report(folder: Path) -> None:
    """Write ``width.md`` and the plots from what lies in the folder."""
    trained = rows.read(folder / "trained.jsonl")
    machines = rows.read(folder / "machines.jsonl")
    plateaus = rows.read(folder / "plateaus.jsonl")
    lines = ["# Width: tables", "", *_effort(trained, machines)]
    for (name,), of in grouped(trained, "data").items():
        lines += ["", f"## {DATA[name]}", "", *_trainings(trainings(of))]
    lines += ["", "## On machines", "", *_machines(machines)]
    lines += ["", "## Over random weights", "", *_plateaus(plateaus)]
    text = "\n".join([*lines, ""])
    write_atomically(folder / "width.md", text)
    draw_all(trained, machines, plateaus, folder)
    print(f"{text}\nwritten: {folder / 'width.md'} and plots")


def _effort(trained: Sequence[Row], machines: Sequence[Row]) -> Iterator[str]:
    hours = {
        name: sum(row["cpu_seconds"] for row in of) / 3600
        for name, of in (("trainings", trained), ("evaluations on machines", machines))
    }
    counts = {"trainings": len(trained), "evaluations on machines": len(machines)}
    said = ", ".join(f"{counts[name]} {name} ({hours[name]:.1f} CPU hours)" for name in hours)
    yield f"{said}. Means over seeds; in brackets the smallest and the largest."


def _trainings(found: Sequence[Trained]) -> Iterator[str]:
    yield (
        "| arm | qubits | layers | seeds | macro F1 | less the sham | less no quantum branch "
        "| variance of readouts | entropy of attention |"
    )
    yield "| --- " * 9 + "|"
    for each in found:
        yield (
            f"| {each.arm} | {each.qubits or ''} | {each.layers or ''} | {each.macro_f1.seeds} "
            f"| {each.macro_f1.mean:.3f} ({each.macro_f1.low:.3f} to {each.macro_f1.high:.3f}) "
            f"| {_signed(each.to_sham)} | {_signed(each.to_none)} "
            f"| {_plain(each.readout_variance)} | {_plain(each.attention_entropy)} |"
        )


def _signed(spread: Spread | None) -> str:
    if spread is None:
        return ""
    return f"{spread.mean:+.3f} ({spread.low:+.3f} to {spread.high:+.3f})"


def _plain(spread: Spread | None) -> str:
    return "" if spread is None else f"{spread.mean:.3f}"


def _machines(found: Sequence[Row]) -> Iterator[str]:
    yield (
        "| data | machine | layers | qubits | seeds | two-qubit depth | SWAPs | rms error "
        "| of it shots | of it the machine | error over spread | macro F1 exact | there "
        "| same class |"
    )
    yield "| --- " * 14 + "|"
    for (data, machine, layers, qubits), each in on_machines(found).items():
        facts = each["facts"]
        yield (
            f"| {data} | {machine} | {layers} | {qubits} | {each['seeds']} "
            f"| {facts.get('two_qubit_depth', '')} | {facts.get('swaps', '')} "
            f"| {each['error']:.4f} | {each['error_of_shots']:.4f} | {each['of_machine']:.4f} "
            f"| {each['error'] / each['spread']:.3f} | {each['exact_macro_f1']:.3f} "
            f"| {each['macro_f1']:.3f} | {each['same_class']:.1%} |"
        )


def _plateaus(found: Sequence[Row]) -> Iterator[str]:
    yield "| entangler | weights | layers | qubits | variance of the gradient | of readouts |"
    yield "| --- " * 6 + "|"
    for (entangler, init, layers, qubits), (row,) in grouped(
        found, "entangler", "init", "layers", "qubits"
    ).items():
        yield (
            f"| {entangler} | {init} | {layers} | {qubits} | {row['gradient_variance']:.2e} "
            f"| {row['readout_variance']:.2e} |"
        )
