"""``qfusion calibrate``: corrections of a backend's values, for one run."""

from __future__ import annotations

from shlex import quote
from typing import Annotated

import typer

from qfusion_core.cli.options import (
    Again,
    AllowUrl,
    BackendsFile,
    NoWait,
    Reference,
    Run,
    SampleSeed,
    Yes,
)
from qfusion_core.cli.output import AsJson, print_json, print_table, say
from qfusion_core.cli.remote import measuring


def calibrate(
    run: Run,
    backend: Annotated[str, typer.Option(help="A name in backends.yaml.")],
    samples: Annotated[
        int, typer.Option(min=2, help="So many rows of the training part, stratified.")
    ] = 32,
    seed: SampleSeed = 0,
    reference: Reference = None,
    yes: Yes = False,
    again: Again = False,
    no_wait: NoWait = False,
    allow_url: AllowUrl = False,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Fit value = scale * raw + offset for each observable, and keep it in the run folder.

    Training rows are run on the backend and on an exact one. Later verbs that open RUN on this
    backend apply the corrections and say so.
    """
    from qfusion_core.backends.exact import open_exact
    from qfusion_core.backends.file import Backends
    from qfusion_core.backends.opening import open_named
    from qfusion_core.errors import InputError
    from qfusion_core.evaluation.sampling import choose_rows
    from qfusion_core.plugin.registry import Registry
    from qfusion_core.runs.folder import RunFolder

    registry = Registry()
    folder = RunFolder.open(run, registry)
    backends = Backends.read(backends_file)
    if backend in backends.pools:
        members = backends.pools[backend].backends
        verbs = ", ".join(f"`qfusion calibrate {quote(str(run))} --backend {m}`" for m in members)
        raise InputError(
            f"backend {backend!r} is a pool, and each member has a calibration of its own, which "
            f"the pool applies: {verbs}"
        )
    for name in filter(None, (backend, reference)):
        backends.options(name, registry)

    from qfusion_core.calibration import store
    from qfusion_core.model.classifier import circuit_of
    from qfusion_core.runs.loading import load_model
    from qfusion_core.workflows.calibrate import measure_calibration

    model = load_model(folder, registry)
    circuit_of(model, backend)
    if refitted := folder.config.provenance.get("refit"):
        raise InputError(
            f"{run}: fusion and head were trained on raw values of {refitted['backend']!r}, which "
            f"a calibration would change; calibrate {refitted['run']} instead"
        )
    train = folder.load_split(registry, allow_url=allow_url).train
    rows = choose_rows(train, samples, seed, "training part")
    name, exact = open_exact(backends, registry, reference, besides=backends.require(backend))
    about: dict[str, str | int] = {"backend": backend, "seed": seed, "reference": name}
    about["options"] = backends.values_digest(backend, registry)
    remote = {"again": again, "yes": yes, "no_wait": no_wait, "as_json": as_json}
    subject = f"training part, {len(rows)} rows, seed {seed}"
    with measuring(run, "calibrate", subject, **remote) as measurement:
        device = open_named(backends, backend, registry, measurement)
        fitted = measure_calibration(model, rows, device, exact, about)
    kept = fitted.model_copy(update={"measurement": measurement.ids.get(backend)})
    if measurement.adopted:
        kept.provenance["adopted"] = measurement.adopted
    path = store.write(run, kept)
    if as_json:
        print_json({"run": str(run), "file": str(path), **kept.model_dump(mode="json")})
        return
    print_table(
        ("observable", "scale", "offset", "rms error raw", "rms error calibrated"),
        (
            (
                word,
                f"{each.scale:.4f}",
                f"{each.offset:+.4f}",
                f"{each.raw_error:.4f}",
                f"{each.error:.4f}",
            )
            for word, each in kept.observables.items()
        ),
    )
    say(f"{len(rows)} training rows, compared with {name}; each is predicted without itself")
    say(f"written: {path}")
