"""The model card of a run folder. What others named stays text: no markup, no link, no new line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qfusion_core.printable import one_line

if TYPE_CHECKING:
    from qfusion_core.noise_parameters import Noise
    from qfusion_core.runs.folder import RunConfig


def model_card(config: RunConfig, metrics: dict[str, Any]) -> str:
    """A short README: what the model is, on what it was trained, what it scores, how to load it."""
    spec = config.spec
    train, validation, tested = metrics["rows"]
    branch = (
        "none (the classical model with the same head)"
        if spec.quantum.type == "none"
        else f"{code(spec.quantum.type)}, joined by {code(spec.fusion.type)}"
    )
    return f"""# A qfusion model for {inert(spec.data.type)}

| | |
|---|---|
| classical encoder | {code(spec.classical.type)} |
| quantum branch | {branch} |
| noise while training | {_noise(spec.noise)} |
| classes | {", ".join(map(inert, config.classes))} |
| rows | {train} training, {validation} validation, {tested} test (seed {spec.training.seed}) |
| test macro F1 / weighted F1 / accuracy | {_scores(metrics["test"])} |
| parameters | {metrics["parameters"]["all"]} \
({metrics["parameters"]["quantum"]} in the quantum branch) |

The score is of one seed and says nothing about the quantum branch by itself: compare it with the
same model trained with `--quantum sham` and `--quantum none`.

    import qfusion_core
    model = qfusion_core.load("this/folder", backend="statevector")

{_refit(config.provenance.get("refit"))}Data: {inert(config.data_source)}
"""


def inert(text: object) -> str:
    """A text in which Markdown and HTML find nothing of their own.

    >>> inert("a|<b>[c](https://d)")
    'a&#124;&lt;b&gt;&#91;c&#93;(https&#58;//d)'
    """
    return re.sub(r"[&<>|\[\]`*$\\]|:(?=//)|(?<=www)\.", _entity, one_line(text))


def code(text: object) -> str:
    """A text in the type of code.

    >>> code("a`|b")
    '<code>a&#96;&#124;b</code>'
    >>> code("cross-attention")
    '`cross-attention`'
    """
    plain = one_line(text)
    simple = re.fullmatch(r"[\w ./+-]+", plain)
    return f"`{plain}`" if simple else f"<code>{inert(plain)}</code>"


def _entity(match: re.Match[str]) -> str:
    entities = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
    return entities.get(match[0], f"&#{ord(match[0])};")


def _scores(test: dict[str, float] | None) -> str:
    if test is None:
        return "not measured"
    return " / ".join(f"{test[name]:.4f}" for name in ("macro_f1", "weighted_f1", "accuracy"))


def _refit(about: Mapping[str, Any] | None) -> str:
    if about is None:
        return ""
    backend, rows, run = code(about["backend"]), inert(about["rows"]), code(about["run"])
    said = "".join(f" {inert(notice)}." for notice in about.get("notices", ()))
    if about.get("encoding"):
        return (
            "Fusion, head, classical encoder and the angles of features were trained again on the "
            f"backend {backend} ({rows}), the circuit's weights were not: the model is for that "
            f"backend, without a calibration. It was made from {run}.{said}\n\n"
        )
    gave = "gave" if said else "measured"
    return (
        f"Fusion and head were trained again on tokens that the backend {backend} {gave} "
        f"({rows}): the model is for that backend, without a calibration. It was made from {run}."
        f"{said}\n\n"
    )


def _noise(noise: Noise | None) -> str:
    if noise is None:
        return "none"
    p01, p10 = noise.readout
    return (
        f"{noise.shots or 'no'} shots, readout error {p01:.4g} and {p10:.4g}, depolarising error "
        f"{noise.gates.one_qubit:.4g} and {noise.gates.two_qubit:.4g}"
        + (f" (figures of {inert(repr(noise.snapshot))})" if noise.snapshot else "")
    )
