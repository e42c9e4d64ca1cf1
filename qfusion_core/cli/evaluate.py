"""``qfusion evaluate``: a trained model on its test part, on any backend."""

from __future__ import annotations

from typing import Any

from qfusion_core.cli.job_prompts import asking, say_offline, say_shares
from qfusion_core.cli.options import (
    Again,
    AllowUrl,
    Backend,
    BackendsFile,
    DryRun,
    NoWait,
    Raw,
    Run,
    Samples,
    SampleSeed,
    TorchDevice,
    Yes,
)
from qfusion_core.cli.output import AsJson, show


def evaluate(
    run: Run,
    backend: Backend = None,
    device: TorchDevice = "cpu",
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
    from qfusion_core.workflows import dry_run as dry
    from qfusion_core.workflows import evaluate as verb

    rows: dict[str, Any] = {
        "samples": samples, "seed": seed, "allow_url": allow_url, "backends_file": backends_file,
    }  # fmt: skip
    if dry_run:
        tried = dry.dry_run(run, backend, torch_device=device, **rows)
        say_offline(tried.unasked)
        show(tried, as_json=as_json)
        return
    with asking(run, again=again, yes=yes, no_wait=no_wait, as_json=as_json) as jobs:
        scored = verb.evaluate(run, backend, **rows, raw=raw, torch_device=device, jobs=jobs)
    if not as_json:
        say_shares(scored.shares)
    show(scored, as_json=as_json)
