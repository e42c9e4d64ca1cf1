"""``qfusion evaluate``: a trained model on its test part, on any backend."""

from __future__ import annotations

import time

from qfusion_core.cli.dry_run import DryRun, show_dry_run
from qfusion_core.cli.opening import calibrations, open_for, say_shares, shares
from qfusion_core.cli.options import (
    Again,
    AllowUrl,
    Backend,
    BackendsFile,
    NoWait,
    Raw,
    Run,
    Samples,
    SampleSeed,
    Yes,
    describe_rows,
    test_rows,
)
from qfusion_core.cli.output import AsJson, print_json, print_table
from qfusion_core.cli.remote import measuring


def evaluate(
    run: Run,
    backend: Backend = None,
    samples: Samples = None,
    seed: SampleSeed = 0,
    yes: Yes = False,
    again: Again = False,
    no_wait: NoWait = False,
    raw: Raw = False,
    dry_run: DryRun = False,
    allow_url: AllowUrl = False,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Score a trained model on the test part of its data set."""
    from qfusion_core.backends.file import Backends
    from qfusion_core.plugin.registry import Registry
    from qfusion_core.provenance import provenance
    from qfusion_core.runs.folder import RunFolder

    registry = Registry()
    folder = RunFolder.open(run, registry)
    backends = Backends.read(backends_file)
    name = backends.default if backend is None else backend
    backends.options(name, registry)
    part = test_rows(folder, registry, samples, seed, allow_url=allow_url)

    import torch

    from qfusion_core.data.finite_rows import require_finite_logits
    from qfusion_core.metrics.scores import scores
    from qfusion_core.model.prediction import logits_in_chunks
    from qfusion_core.runs.loading import load_model

    if dry_run:
        model = load_model(folder, registry)
        show_dry_run(
            run, model, torch.from_numpy(part.x), backends, name, registry, as_json=as_json
        )
        return
    remote = {"again": again, "yes": yes, "no_wait": no_wait, "as_json": as_json}
    with measuring(run, "evaluate", describe_rows(samples, seed), **remote) as measurement:
        model = load_model(folder, registry)
        model.attach(open_for(model, run, backends, name, registry, measurement, raw=raw))
        began = time.perf_counter()
        inputs = model.preprocess(torch.from_numpy(part.x))
        logits = logits_in_chunks(model, *inputs)
        require_finite_logits("test", name, logits)
        result = scores(part.y, logits.argmax(1).numpy())
        seconds = time.perf_counter() - began
    if as_json:
        document = {"run": str(run), "backend": name, "rows": len(part), **result._asdict()}
        # of a pool, each member has its own date
        pooled = shares(model.device)
        dates = [] if pooled else [each.measured for each in calibrations(model.device)]
        document["calibrated"] = next(iter(dates), None)
        document |= {"shares": pooled} if pooled else {}
        document |= {"measurement": measurement.ids[name]} if measurement.ids else {}
        document |= {"adopted": measurement.adopted} if measurement.adopted else {}
        print_json({**document, "seconds": round(seconds, 3), "provenance": provenance()})
        return
    say_shares(model.device)
    print_table(
        ("backend", "rows", "macro F1", "weighted F1", "accuracy", "seconds"),
        [(name, len(part), *(f"{value:.4f}" for value in result), f"{seconds:.2f}")],
    )
