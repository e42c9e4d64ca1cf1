"""The study of surrogates as a page (see `surrogate.py`)."""

from __future__ import annotations

from typing import Any


def as_markdown(document: dict[str, Any]) -> str:
    """Three tables."""
    lines = [
        f"# Surrogates of {document['backend']}: {document['preset']} on {document['data']}",
        "",
        f"{document['shots']} shots for each row; {document['grid']} rows of the grid.",
        "",
        f"Root mean square error to the exact noisy values, over {document['jobs']} jobs:",
        "",
        "| rows | surrogate | direct | ratio | ratio of single jobs |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, each in document["rms"].items():
        low, high = each["ratio of jobs"]
        lines.append(
            f"| {each['rows']} {name} | {each['surrogate']:.5f} | {each['direct']:.5f} "
            f"| {each['ratio']:.3f} | {low:.2f} to {high:.2f} |"
        )
    lines += ["", "| machine | jobs | alarms | share | called drift |", "| --- " * 5 + "|"]
    for name, each in document["check"].items():
        lines.append(
            f"| {name} | {each['jobs']} | {each['alarms']} | {each['share']:.1%} "
            f"| {each['called drift']} |"
        )
    lines += [
        "", "| qubits | words | grid | off by | ratio | seconds (CPU) of 10,000 rows |",
        "| --- " * 6 + "|",
    ]  # fmt: skip
    for each in document["wide"]:
        lines.append(
            f"| {each['qubits']} | {each['words']} | {each['rows']} | {each['off by']:.0e} "
            f"| {each['ratio']:.3f} | {each['seconds of 10000 rows']} |"
        )
    return "\n".join([*lines, ""])
