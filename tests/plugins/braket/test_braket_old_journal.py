"""A journal that was written before version 0.2 goes on.

``journals/version-3.sqlite.gz`` was written by the code of commit 3670349 with this folder's
stand-in: two tasks are submitted, and the reply to the third was lost. ``version-3.service.json``
is what the stand-in had accepted.
"""

from pathlib import Path

from support.old_journals import require_it_goes_on, unpacked


def test_once_adopted_it_goes_on_and_nothing_is_bought_again(tmp_path, service, measure):
    run = tmp_path / "run"
    for arn, task in unpacked(Path(__file__).with_name("journals"), run).items():
        service.tasks[arn] = {**task, "end": None}
        service.tokens[task["token"]] = arn
    require_it_goes_on(run, measure, service.requests, "create", service.tasks)
