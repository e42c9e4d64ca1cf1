"""While jobs are looked after: H1 a job that is unknown, H13 seconds, H15 odd replies, H16 cuts."""

from __future__ import annotations

from dataclasses import replace

from faults.course import BOTH, Row, Scene, go_on
from faults.events import ALWAYS, CUT, EMPTY, HTML, LOST, RESET, Act, Fault, refused, told
from faults.stage import Stage

_IBM = ("login", "search", "catalog", "backends", "configuration", "properties", "machine",
        "usage", "submit", "status", "results", "metrics", "find")  # fmt: skip
_BRAKET = ("device", "submit", "status", "results", "find")


def unknown_at_first(stage: Stage, row: Row) -> None:
    """A job is known a second after it was accepted."""
    stage.machine.unknown_for = 1.0
    stage.grace(3.0)
    first = stage.do("evaluate")
    stage.machine.unknown_for = 0.0  # what is bought again is known at once
    go_on(stage, row, first=first)


def unknown_once(stage: Stage, row: Row) -> None:
    """One stray 404 in mid-wait."""
    stage.machine.seconds = 0.5
    stage.arm(Fault("status", refused(404), job=1, first=2))
    go_on(stage, row)


def another_account(stage: Stage, row: Row) -> None:
    """Resumed by mistake with the credentials of another instance, then with the right ones."""
    stage.machine.seconds = 1.0
    stage.do("evaluate", "--no-wait")
    own, stage.keys = stage.keys, dict(stage.vendor.other_keys)
    stage.grace(0.3)
    row.met(stage.do("resume"))
    stage.keys = own
    go_on(stage, row)


def _always(operation: str, act: Act) -> Scene:
    def scene(stage: Stage, row: Row) -> None:
        if operation == "find":
            stage.arm(Fault("submit", LOST, job=1))
        about = 1 if operation in ("submit", "status", "results", "metrics") else None
        stage.arm(Fault(operation, act, job=about, count=ALWAYS))
        first = stage.do("evaluate")
        stage.machine.script.disarm()
        go_on(stage, row, first=first)

    body = (act.body or b"").decode()[:6].strip("<")
    said = body if act.status is None else str(act.status)
    vendors = tuple(
        vendor for vendor, known in zip(BOTH, (_IBM, _BRAKET), strict=True) if operation in known
    )
    number = "H13" if operation == "metrics" else "H15"
    return Scene(f"{number} {operation} replies {said} until it is mended", scene, vendors)


def taken_and_garbled(stage: Stage, row: Row) -> None:
    """A job is accepted, the reply is a page."""
    stage.arm(Fault("submit", replace(HTML, works=True), job=1))
    go_on(stage, row)


def no_seconds(act: Act, name: str) -> Scene:
    """The one request that tells QPU seconds fails; values were read before it."""

    def scene(stage: Stage, row: Row) -> None:
        stage.arm(Fault("metrics", act, job=1, count=ALWAYS))
        if go_on(stage, row).code == 0 and row.code != 0:
            row.amiss.append("finished results were kept away")
        if row.code != 0:
            row.amiss.append("metrics stopped the evaluation")

    return Scene(f"H13 metrics: {name}", scene, ("ibm",))


def once(number: str, operation: str, act: Act, name: str, about: int | None = 1) -> Scene:
    """It goes wrong once, and is expected to be got over."""

    def scene(stage: Stage, row: Row) -> None:
        if operation == "find":
            stage.arm(Fault("submit", LOST, job=1))
        stage.arm(Fault(operation, act, job=None if operation == "find" else about))
        if go_on(stage, row).code == 0 and row.code != 0:
            row.amiss.append("a fault that passes ended the wait")

    return Scene(f"{number} {operation}: {name}", scene)


SCENES = [
    Scene("H1 unknown for a second after it was accepted", unknown_at_first),
    Scene("H1 a stray 404 in mid-wait", unknown_once),
    Scene("H1 resumed with the keys of another account", another_account),
    no_seconds(refused(404), "404"),
    no_seconds(refused(500), "500"),
    no_seconds(HTML, "HTML"),
    *(
        _always(operation, act)
        for operation in dict.fromkeys((*_IBM, *_BRAKET))
        if operation != "metrics"
        for act in (HTML, EMPTY)
    ),
    Scene("H15 submit: taken, the reply is a page", taken_and_garbled),
    replace(_always("properties", refused(403)), name="H15 properties: 403"),
    Scene(
        "H15 results: 204, not there yet",
        once("", "results", Act(works=False, status=204, body=b""), "").play,
        ("ibm",),
    ),
    *(once("H16", each, CUT, "cut inside the reply") for each in ("status", "results", "find")),
    once("H16", "submit", CUT, "cut inside the reply"),
    *(
        once("K", operation, act, name)
        for operation in ("submit", "status", "results", "find")
        for act, name in (
            (RESET, "reset"),
            (LOST, "reply lost"),
            (refused(503), "503"),
            (told(500), "500, and carried out"),
            (refused(429), "429"),
        )
    ),
]
