"""The report of a comparison as tables: what the model says, how far off, at what cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qfusion_core.circuits.word_kinds import shown_word

if TYPE_CHECKING:
    from qfusion_core.evaluation.backend_report import BackendReport
    from qfusion_core.evaluation.cost import Amount
    from qfusion_core.evaluation.portability import Portability


SCORES = ("backend", "macro F1 (95%)", "weighted", "accuracy", "agreement", "McNemar p", "ECE")
ERRORS = ("backend", "values", "rms error", "max error", "in s.e.", "worst at", "logit error")
COSTS = ("backend", "jobs", "shots", "depth", "2-qubit", "seconds", "per row", "QPU s", "USD")


def scores_of(row: BackendReport) -> tuple[str, ...]:
    """A row of `SCORES`."""
    macro, weighted, accuracy = (f"{value:.4f}" for value in row.scores)
    interval, versus = row.macro_f1_interval, row.versus_reference
    return (
        row.backend,
        macro if interval is None else f"{macro} ({interval.low:.3f}-{interval.high:.3f})",
        weighted,
        accuracy,
        "-" if versus is None else f"{versus.agreement:.4f}",
        "-" if versus is None else f"{versus.mcnemar.p:.4f}",
        f"{row.calibration_error:.4f}",
    )


def errors_of(row: BackendReport) -> tuple[str, ...]:
    """A row of `ERRORS`."""
    versus = row.versus_reference
    values = f"{row.shots} shots" if row.shots else "no shots" if row.noisy else "exact"
    values += ", noisy" if row.noisy else ""
    values += ", calibrated" if row.calibrated else ""
    if versus is None:
        return (row.backend, values, *"-----")
    off, units = versus.expectation_error, versus.largest_in_standard_errors
    word = max(versus.by_observable, key=lambda word: versus.by_observable[word].largest)
    return (
        row.backend,
        values,
        f"{off.rms:.2g}",
        f"{off.largest:.2g}",
        "-" if units is None else f"{units:.1f}",
        shown_word(word),
        f"{versus.logit_error:.2g}",
    )


def cost_of(row: BackendReport) -> tuple[str, ...]:
    """A row of `COSTS`."""
    took = row.cost
    mark = "" if took.transpiled else "*"
    return (
        row.backend,
        "-" if took.jobs is None else str(took.jobs),
        "-" if took.shots is None else str(took.shots),
        f"{took.depth}{mark}",
        f"{took.two_qubit_gates}{mark}",
        f"{took.seconds if took.turnaround is None else took.turnaround:.2f}",
        f"{took.seconds_per_row:.2g}",
        _amount(took.qpu_seconds),
        _amount(took.usd),
    )


def _amount(amount: Amount | None) -> str:
    if amount is None:
        return "unknown"
    if amount.basis == "free":
        return "-"
    if amount.low == amount.high:
        text = f"{amount.low:.2f}"
    else:
        text = f"{amount.low:.2f}-{amount.high:.2f}"
    return text if amount.basis == "charged" else f"~{text}"


def notes_of(report: Portability) -> list[str]:
    """What the tables cannot say by themselves: only what is to be seen in them."""
    rows, notes = report.backends, []
    if perfect := [row for row in rows if row.macro_f1_interval is None]:
        low = perfect[0].accuracy_interval
        notes.append(
            "No interval: resampled rows do not differ (all right, or all wrong alike); accuracy "
            f"of {perfect[0].backend} {low.low:.3f}-{low.high:.3f} (95%, exact binomial)."
        )
    amounts = [amount for row in rows for amount in (row.cost.usd, row.cost.qpu_seconds)]
    if any(amount and amount.basis == "estimate" for amount in amounts):
        notes.append("~ is an estimate: the machine's own account decides.")
    if any(not row.cost.transpiled for row in rows):
        notes.append(
            "* of the circuit as traced: the backend does not transpile it, or does not say."
        )
    if any(row.cost.turnaround is not None for row in rows):
        notes.append(
            "Seconds of a queued machine are from writing its first job to the last value."
        )
    for failure in report.failed:
        notes.append(
            failure.reason if failure.left else f"{failure.backend} failed: {failure.reason}"
        )
    return notes


def tokens_of(report: Portability) -> str:
    """What the model owes to its quantum tokens."""
    bare, own = report.without_tokens, report.backends[0].scores
    gates = (
        "no gate" if report.gates is None else ", ".join(f"{gate:+.3f}" for gate in report.gates)
    )
    return (
        f"{report.rows} rows, compared with {report.reference}. With the quantum tokens set to "
        f"zero: macro F1 {bare.macro_f1:.4f} ({bare.macro_f1 - own.macro_f1:+.4f}), "
        f"{report.changed_without_tokens:.1%} of the classes change; gate: {gates}."
    )
