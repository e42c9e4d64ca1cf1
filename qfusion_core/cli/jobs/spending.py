"""``qfusion jobs --all``: what all runs of this user have spent, by backend."""

from __future__ import annotations

from qfusion_core.cli.output import print_json, print_table
from qfusion_core.printable import shown_path


def show_spending(*, as_json: bool) -> None:
    """Print it. Asks no machine."""
    from qfusion_core.remote.journal.sqlite.totals import spent_of_all, sum_of

    found = spent_of_all()
    totals = {backend: sum_of(runs.values()) for backend, runs in found.items()}
    if as_json:
        print_json(
            {
                "spent": {
                    backend: {
                        "total": totals[backend]._asdict(),
                        "runs": {run: sums._asdict() for run, sums in runs.items()},
                    }
                    for backend, runs in found.items()
                }
            }
        )
        return
    lines = [
        (backend, shown_path(run), sums)
        for backend, runs in found.items()
        for run, sums in [*runs.items(), ("all runs", totals[backend])]
    ]
    print_table(
        ("backend", "run", "jobs", "shots", "QPU s", "USD, at most"),
        [
            (backend, run, sums.jobs, sums.shots, f"{sums.qpu_seconds:.1f}", f"{sums.usd:.2f}")
            for backend, run, sums in lines
        ],
    )
