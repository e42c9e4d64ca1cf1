"""``qfusion evaluate``: a trained model on its test part, on any backend."""

from __future__ import annotations

import time

from qfusion_core.cli.options import Backend, BackendsFile, Run, Samples, SampleSeed, test_rows
from qfusion_core.cli.output import AsJson, print_json, print_table


def evaluate(
    run: Run,
    backend: Backend = None,
    samples: Samples = None,
    seed: SampleSeed = 0,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Score a trained model on the test part of its data set."""
    import torch

    from qfusion_core.config.backends import Backends
    from qfusion_core.evaluation.metrics import scores
    from qfusion_core.prediction import logits_in_chunks
    from qfusion_core.registry import Registry
    from qfusion_core.runs.folder import RunFolder
    from qfusion_core.runs.loading import load_model
    from qfusion_core.runs.provenance import provenance

    registry = Registry()
    folder = RunFolder.open(run, registry)
    backends = Backends.read(backends_file)
    name = backend or backends.default
    model = load_model(folder, registry).attach(backends.open(name, registry))
    part = test_rows(folder, registry, samples, seed)
    began = time.perf_counter()
    inputs = model.preprocess(torch.from_numpy(part.x))
    result = scores(part.y, logits_in_chunks(model, *inputs).argmax(1).numpy())
    seconds = time.perf_counter() - began
    if as_json:
        document = {"run": str(run), "backend": name, "rows": len(part), **result._asdict()}
        print_json({**document, "seconds": round(seconds, 3), "provenance": provenance()})
        return
    print_table(
        ("backend", "rows", "macro F1", "weighted F1", "accuracy", "seconds"),
        [(name, len(part), *(f"{value:.4f}" for value in result), f"{seconds:.2f}")],
    )
