"""``qfusion demo``: the main job in small."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qfusion_core.cli.compare import say_starts
from qfusion_core.cli.output import AsJson, print_json, say, show

if TYPE_CHECKING:
    from qfusion_core.backends.file import Backends
    from qfusion_core.plugin.registry import Registry

HERE = "statevector"
BACKENDS = (HERE, "lightning", "sampled", "braket-local", "ibm-noisy")


def demo(
    out: Annotated[
        Path | None, typer.Option(help="Keep the trained model in this new folder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train on Wine, then run the same saved model on each of five backends that is installed."""
    from qfusion_core.backends.file import PACKAGED, Backends
    from qfusion_core.cli.training_progress import show_training
    from qfusion_core.plugin.registry import Registry
    from qfusion_core.workflows import compare, train

    registry = Registry()
    backends = Backends.read(PACKAGED)  # its names are known, those of a user's file are not
    names, left_out = ready(backends, registry)
    for name, why in left_out.items():
        say(f"left out: {name}: {why}", err=True)
    with tempfile.TemporaryDirectory() as folder:
        say("training the `hardware` preset on wine (178 rows) on statevector", err=True)
        with show_training() as progress:
            made = train.train(
                "wine",
                out or Path(folder) / "wine",
                preset="hardware",
                backend=HERE,
                backends_file=PACKAGED,
                on_start=lambda spec, run: progress.start(spec.training),
                on_epoch=progress.epoch,
            )
        say("evaluating the saved model: " + ", ".join(names), err=True)
        compared = compare.compare(
            made.run, names, names[0], backends_file=PACKAGED, on_start=say_starts()
        )
    if as_json:
        print_json({**compared.to_dict(), "left_out": left_out})
    else:
        show(compared, as_json=False)


def ready(backends: Backends, registry: Registry) -> tuple[list[str], dict[str, str]]:
    """Which of the demonstration's backends open here, found before the training.

    Returns:
        Their names, and why each of the others is left out: what to install.

    Raises:
        QfusionError: The simulator on which it trains does not open.
    """
    from qfusion_core.backends.opening import open_named
    from qfusion_core.errors import QfusionError
    from qfusion_core.plugin.discovery import explain
    from qfusion_core.workflows.backend_checks import package_findings

    names, left_out = [], {}
    for name in BACKENDS:
        try:
            found = package_findings(*backends.configured(name, registry), registry)
            if missing := [each.detail for each in found if each.status == "failed"]:
                left_out[name] = "; ".join(missing)
                continue
            open_named(backends, name, registry)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # of a vendor's package, broken as it may be
            if name == HERE:
                raise
            left_out[name] = str(error) if isinstance(error, QfusionError) else explain(error)
            continue
        names.append(name)
    return names, left_out
