"""Draws `overview.svg`: what a model is made of, and where its circuit runs.

python docs/pictures/draw.py
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

WIDTH, HEIGHT = 880, 360
INK, PALE, LINE = "#1f2933", "#52606d", "#9aa5b1"
CLASSICAL, QUANTUM, JOINED, PLACE = "#e3f0fb", "#ece5fb", "#e5f4ea", "#fdf3dc"


def text(
    x: float, y: float, words: str, size: int = 14, colour: str = INK, weight: int = 400
) -> str:
    """Words centred at a point."""
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
        f'text-anchor="middle">{words}</text>'
    )


def box(
    left: float, top: float, width: float, height: float, title: str, below: str, fill: str
) -> list[str]:
    """A rounded box with a title, and a line in small letters under it."""
    middle, centre = left + width / 2, top + height / 2
    drawn = [
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" rx="8" fill="{fill}" '
        f'stroke="{LINE}"/>',
        text(middle, centre + (-2 if below else 5), title, weight=600),
    ]
    return [*drawn, text(middle, centre + 16, below, 12, PALE)] if below else drawn


def arrow(*points: tuple[float, float], dashed: bool = False) -> str:
    """A line through points with a head at its end."""
    path = " ".join(f"{x},{y}" for x, y in points)
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    return (
        f'<polyline points="{path}" fill="none" stroke="{PALE}" stroke-width="1.6"{dashes} '
        'marker-end="url(#head)"/>'
    )


def circuit(left: float, top: float) -> list[str]:
    """Four wires, rotations of the features, rotations of the weights, CNOTs in a line."""
    wires = [top + 20 * wire for wire in range(4)]
    drawn = [
        f'<line x1="{left}" y1="{y}" x2="{left + 150}" y2="{y}" stroke="{PALE}"/>' for y in wires
    ]
    for x, fill in ((left + 14, CLASSICAL), (left + 46, QUANTUM)):
        drawn += [
            f'<rect x="{x}" y="{y - 7}" width="18" height="14" rx="2" fill="{fill}" '
            f'stroke="{PALE}"/>'
            for y in wires
        ]
    for step, (upper, lower) in enumerate(pairwise(wires)):
        x = left + 84 + 16 * step
        drawn += [
            f'<line x1="{x}" y1="{upper}" x2="{x}" y2="{lower + 5}" stroke="{INK}"/>',
            f'<circle cx="{x}" cy="{upper}" r="3" fill="{INK}"/>',
            f'<circle cx="{x}" cy="{lower}" r="5" fill="none" stroke="{INK}"/>',
        ]
    return drawn


def overview() -> str:
    """The whole picture."""
    parts = [
        *box(16, 78, 96, 60, "features", "one sample", "#ffffff"),
        *box(190, 20, 170, 60, "classical encoder", "mlp, conv, yours", CLASSICAL),
        f'<rect x="190" y="122" width="330" height="118" rx="8" fill="#faf8ff" stroke="{LINE}"/>',
        text(270, 146, "quantum encoder", weight=600),
        text(248, 180, "angles", 13),
        text(248, 197, "affine in features", 11, PALE),
        text(248, 211, "and weights", 11, PALE),
        *circuit(318, 158),
        text(494, 180, "⟨Z⟩", 13),
        text(494, 200, "⟨ZZ⟩", 13),
        *box(590, 78, 130, 60, "fusion", "cross-attention", JOINED),
        *box(768, 78, 96, 60, "head", "class", JOINED),
        arrow((112, 100), (150, 100), (150, 50), (188, 50)),
        arrow((112, 118), (150, 118), (150, 180), (188, 180)),
        arrow((360, 50), (655, 50), (655, 76)),
        text(510, 42, "queries", 12, PALE),
        arrow((520, 180), (655, 180), (655, 140)),
        text(590, 172, "quantum tokens", 12, PALE),
        arrow((720, 108), (766, 108)),
        arrow((393, 240), (393, 280), dashed=True),
        text(520, 266, "runs on a backend, chosen by its name", 12, PALE),
    ]
    names = ("statevector", "PennyLane", "IBM", "Amazon Braket", "a pool of them", "your device")
    for place, name in enumerate(names):
        parts += box(16 + 143 * place, 286, 133, 48, name, "", PLACE)
    head = (
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        f'markerHeight="8" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="{PALE}"/></marker></defs>'
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" height="{HEIGHT}" font-family="Helvetica, Arial, sans-serif">',
            "<title>A sample goes through a classical and a quantum encoder; a fusion joins them; "
            "the circuit runs on a backend that is chosen by name.</title>",
            head,
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            *parts,
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    Path(__file__).with_name("overview.svg").write_text(overview(), encoding="utf-8")
