"""Time over the number of qubits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def draw(curves: Mapping[str, Sequence[Mapping[str, Any]]], file: Path) -> None:
    """Medians with quartiles, one line for each entangler, and straight lines through them.

    Args:
        curves: By name, points with ``qubits`` and ``ms`` (median, low, high).
        file: Its ending says the format.
    """
    import matplotlib
    import numpy as np
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.0, 3.6), layout="constrained")
    place = figure.subplots()
    for number, (name, points) in enumerate(curves.items()):
        qubits = [point["qubits"] for point in points]
        middle, low, high = (np.array([point["ms"][i] for point in points]) for i in range(3))
        bars = [middle - low, high - middle]
        place.errorbar(qubits, middle, bars, fmt="os^"[number], label=name, color=f"C{number}")
        line = np.polyfit(qubits, middle, 1)
        place.plot(qubits, np.polyval(line, qubits), color=f"C{number}", linewidth=1)
    place.set_xlabel("qubits")
    place.set_ylabel("CPU time of forward and backward, ms")
    place.set_ylim(bottom=0)
    place.grid(alpha=0.25)
    place.legend()
    with matplotlib.rc_context({"svg.hashsalt": "qfusion", "svg.fonttype": "none"}):
        figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)
