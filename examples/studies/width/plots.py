"""Scores, errors of machines, and variances over the number of qubits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from width.cells import CIRCUIT, DATA, LAYERS, NONE, QUBITS, SHAM
from width.summary import Trained, grouped, on_machines, trainings

Row = dict[str, Any]
MARKS = "os^"
COLOURS = ("#0072B2", "#D55E00", "#009E73")  # Okabe and Ito: told apart by colour-blind people


def draw_all(
    trained: Sequence[Row], machines: Sequence[Row], plateaus: Sequence[Row], folder: Path
) -> None:
    """Write ``scores.svg``, ``machines.svg`` and ``plateaus.svg``, as far as there are rows."""
    for rows, draw, name in (
        (trained, scores, "scores"),
        (machines, errors, "machines"),
        (plateaus, variances, "plateaus"),
    ):
        if rows:
            _save(draw(rows), folder / f"{name}.svg")


def scores(rows: Sequence[Row]) -> Any:
    """Macro F1 over qubits, a panel for each data set: mean, smallest and largest of the seeds."""
    by_data = {name: trainings(of) for (name,), of in grouped(rows, "data").items()}
    figure, panels = _panels(len(by_data))
    for panel, name in zip(panels, [name for name in DATA if name in by_data], strict=True):
        found = by_data[name]
        for number, layers in enumerate(LAYERS):
            line = [each for each in found if (each.arm, each.layers) == (CIRCUIT, layers)]
            name_of_line = f"circuit, {_layers(layers)}"
            _line(panel, line, name_of_line, COLOURS[number], MARKS[number], number)
        _line(panel, [each for each in found if each.arm == SHAM], "sham", "#555555", "x", 3)
        for each in found:
            if each.arm == NONE:
                panel.axhspan(each.macro_f1.low, each.macro_f1.high, color="#cccccc", alpha=0.5)
                panel.axhline(each.macro_f1.mean, color="#888888", label="no quantum branch")
        panel.set_title(name)
        panel.set_ylabel("macro F1 of the test part")
    _legend(figure, panels[0])
    return figure


def _layers(layers: int) -> str:
    return f"{layers} layer{'s' if layers > 1 else ''}"


def _legend(figure: Any, panel: Any) -> None:
    """Of one panel for all, below them."""
    lines, names = panel.get_legend_handles_labels()
    figure.legend(lines, names, loc="outside lower center", ncols=3, fontsize="small")


def _line(
    panel: Any, line: Sequence[Trained], name: str, colour: str, mark: str, place: int
) -> None:
    if not line:
        return
    qubits = [(each.qubits or 0) * (0.94 + 0.04 * place) for each in line]  # side by side
    means = [each.macro_f1.mean for each in line]
    bars = [
        [each.macro_f1.mean - each.macro_f1.low for each in line],
        [each.macro_f1.high - each.macro_f1.mean for each in line],
    ]
    panel.errorbar(qubits, means, bars, color=colour, marker=mark, markersize=4, lw=1, label=name)


def errors(rows: Sequence[Row]) -> Any:
    """Error of expectation values without that of shots, and what it does to the score."""
    figure, (above, below) = _panels(2)
    found = on_machines(rows)
    lines: dict[tuple[str, int], dict[int, list[tuple[float, float]]]] = {}
    for (_, machine, layers, qubits), each in found.items():
        change = each["macro_f1"] - each["exact_macro_f1"]
        lines.setdefault((machine, layers), {}).setdefault(qubits, []).append(
            (each["of_machine"], change)
        )
    for (machine, layers), line in lines.items():
        style = {
            "color": COLOURS[layers - 1], "marker": MARKS[layers - 1], "markersize": 4, "lw": 1,
            "ls": "-" if machine == "fez" else "--", "label": f"{machine}, {_layers(layers)}",
        }  # fmt: skip
        for panel, number in ((above, 0), (below, 1)):
            means = [sum(pair[number] for pair in of) / len(of) for of in line.values()]
            panel.plot([*line], means, **style)
    above.set_ylabel("rms error of expectation values")
    above.set_ylim(bottom=0)
    below.set_ylabel("macro F1 there less exact")
    below.axhline(0, color="#888888", lw=0.8)
    _legend(figure, above)
    return figure


def variances(rows: Sequence[Row]) -> Any:
    """Of the gradient and of readouts over random weights."""
    figure, panels = _panels(2)
    numbers = {
        "gradient_variance": "variance of a gradient",
        "readout_variance": "variance of readouts",
    }
    for panel, (what, title) in zip(panels, numbers.items(), strict=True):
        for (entangler, init, layers), of in grouped(rows, "entangler", "init", "layers").items():
            if init != "uniform":
                continue
            panel.plot(
                [row["qubits"] for row in of],
                [row[what] for row in of],
                color=COLOURS[layers - 1], marker=MARKS[layers - 1], markersize=4, lw=1,
                ls="-" if entangler == "brick" else "--", label=f"{entangler}, {_layers(layers)}",
            )  # fmt: skip
        panel.set_ylim(bottom=0)
        panel.set_ylabel(title)
    _legend(figure, panels[0])
    return figure


def _panels(number: int) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.6 * number, 3.4), layout="constrained")
    panels = figure.subplots(1, number, squeeze=False)[0]
    for panel in panels:
        panel.set_xscale("log")
        panel.set_xticks(QUBITS, [str(qubits) for qubits in QUBITS])
        panel.minorticks_off()
        panel.set_xlabel("qubits")
        panel.grid(alpha=0.25)
    return figure, panels


def _save(figure: Any, file: Path) -> None:
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "qfusion", "svg.fonttype": "none"}):
        figure.savefig(file, metadata={"Date": None})
