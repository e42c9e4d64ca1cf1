"""What machines measured for a run, for a copy that is shared: values, and no job."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from qfusion_core.calibration.store import Calibration
from qfusion_core.config.yaml_dump import dump
from qfusion_core.config.yaml_source import YamlDocument
from qfusion_core.errors import QfusionError
from qfusion_core.printable import one_line
from qfusion_core.runs.redact import provenance_to_share, without_paths
from qfusion_core.storage.writing import require_no_link
from qfusion_core.surrogate import store


def exported_calibrations(run: Path) -> dict[str, str]:
    """Names and texts of the calibrations, without the ids of their measurements.

    Raises:
        InputError: One is damaged, or a link.
    """
    folder = require_no_link(run / "calibration")
    if not folder.is_dir():
        return {}
    texts = {}
    for path in sorted(folder.glob("*.yaml")):
        calibration = YamlDocument.read(path, follow=False).validate(Calibration)
        update = {"measurement": None, "provenance": provenance_to_share(calibration.provenance)}
        texts[f"calibration/{path.name}"] = dump(
            calibration.model_copy(update=update).model_dump(mode="json")
        )
    return texts


def measured_values(run: Path) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Values of all finished measurements, and why there are none where they cannot be read."""
    if not os.path.lexists(run / "journal.sqlite"):
        return [], ()
    try:
        return _values(run), ()
    except QfusionError as error:
        return [], (f"what machines measured ({without_paths(str(error))})",)


def surrogates_left_out(run: Path) -> tuple[str, ...]:
    """What is said of surrogates, which hold jobs, machines and folders."""
    return tuple(
        f"the surrogate of {one_line(name, 60)}, which `qfusion distil` makes of the copy"
        for name in store.names(run)
    )


def _values(run: Path) -> list[dict[str, Any]]:
    from qfusion_core.remote.journal.opening import open_journal

    journal = open_journal(run)
    measurements = []
    for row in journal.measurements():
        places = dict.fromkeys(job.at for job in row["jobs"])
        if row["state"] != "finished" or not places:
            continue
        calls = []
        for call_id in places:
            call = journal.call(call_id)
            if call is not None:
                values = journal.values(call_id, call)
                calls.append({"observables": call.observables, "values": values.tolist()})
        keys = ("verb", "subject", "backend", "device")
        about = {key: without_paths(str(row[key])) for key in keys}
        measurements.append(
            {**about, "calls": calls, "provenance": provenance_to_share(row["provenance"])}
        )
    return measurements
