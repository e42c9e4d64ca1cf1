"""The ratios of a run as a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from qfusion_core import InputError
from timing.race import Measured
from timing.table import speedup

AXES = ("qubits", "layers", "batch")
STYLES = [(f"C{number}", "os^vDP*X<>"[number]) for number in range(10)]


def draw(measured: Sequence[Measured], file: Path) -> None:
    """Times faster than default.qubit; quartiles as bars, one colour and marker for each peer.

    With three or more values of qubits, layers or batch, over the one that varies most, a panel for
    each combination of the rest. Otherwise in one panel, case by case.

    Args:
        measured: At least one case.
        file: Its ending says the format.

    Raises:
        InputError: matplotlib is not installed; nothing was timed against default.qubit.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError(
            "--plot needs matplotlib: pip install 'qfusion[report]', or leave --plot out"
        ) from None
    if not any(speedup(result, one) for one in measured for result in one.results):
        raise InputError("--plot: nothing was timed against default.qubit, there is no ratio")
    axis = max(AXES, key=lambda name: _varies(measured, name))
    panels: dict[str, list[Measured]] = {}
    if _varies(measured, axis) < 3:
        panels[""], columns, width = list(measured), 1, 1 + 1.1 * len(measured)
    else:
        for one in measured:
            panels.setdefault(_title(one, without=axis), []).append(one)
        columns, width = min(len(panels), 4 if len(panels) <= 16 else 6), 3.4
    rows = -(-len(panels) // columns)
    size = (2.2 + width * columns, 1.0 + 3.0 * rows)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
    peers = list(dict.fromkeys(r.peer for one in measured for r in one.results))
    handles: dict[str, Any] = {}
    for place, (title, cases) in zip(grid.flat, panels.items(), strict=False):
        if title:
            x = [getattr(one.case, axis) for one in cases]
            place.set_title(title, fontsize=9)
            place.set_xlabel(axis)
            place.set_xticks(sorted(set(x)))
        else:
            x = list(range(len(cases)))
            labels = [_title(one).replace(", ", "\n") for one in cases]
            place.set_xticks(x, labels, fontsize=8)
            place.margins(x=0.5 / len(x))
        for style, peer in zip(STYLES, peers, strict=False):
            _points(place, x, cases, peer, style, handles, line=bool(title))
        place.set_yscale("log")
        place.grid(which="both", alpha=0.25)
    for place in list(grid.flat)[len(panels) :]:
        place.set_axis_off()
    for row in grid:
        row[0].set_ylabel("times faster than default.qubit")
    figure.legend(handles.values(), handles.keys(), loc="outside right upper", fontsize=8)
    figure.savefig(file, dpi=120)


def _points(
    place: Any,
    x: Sequence[int],
    cases: Sequence[Measured],
    peer: str,
    style: tuple[str, str],
    handles: dict[str, Any],
    *,
    line: bool,
) -> None:
    found = {
        at: ratio
        for at, one in zip(x, cases, strict=True)
        for result in one.results
        if result.peer == peer and (ratio := speedup(result, one))
    }
    if not found:
        return
    at = sorted(found)
    spread: list[Callable[[Any], float]] = [lambda r: r.median - r.low, lambda r: r.high - r.median]
    handles[peer] = place.errorbar(
        at,
        [found[one].median for one in at],
        [[side(found[one]) for one in at] for side in spread],
        color=style[0],
        marker=style[1],
        markersize=5,
        linestyle="-" if line else "none",
        linewidth=1,
        capsize=2,
    )


def _varies(measured: Sequence[Measured], axis: str) -> int:
    """How many values there are."""
    return len({getattr(one.case, axis) for one in measured})


def _title(measured: Measured, without: str | None = None) -> str:
    """The case without one of its sizes."""
    case = measured.case
    sizes = {
        "qubits": f"{case.qubits} qubits",
        "layers": f"{case.layers} layers",
        "batch": f"batch {case.batch}",
    }
    rest = [text for name, text in sizes.items() if name != without]
    return ", ".join([case.circuit, case.readout, case.dtype]) + "\n" + ", ".join(rest)
