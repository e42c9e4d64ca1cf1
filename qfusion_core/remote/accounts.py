"""A job is looked for in the account in which it was sent, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qfusion_core.remote.errors import Refused
from qfusion_core.remote.journal.records import JobRecord
from qfusion_core.remote.retry import RetryingCaller

if TYPE_CHECKING:
    from qfusion_core.remote.adapter import Adapter


def require_account(entry: JobRecord, device: Adapter, ask: RetryingCaller, next_step: str) -> None:
    """Refuse to look for a job elsewhere than where it was sent.

    Raises:
        Refused: Credentials are those of another account or instance.
    """
    if entry.account is None:
        return
    now = ask(device.account, job_id=entry.job_id, next_step=next_step)
    if now is not None and now != entry.account:
        what = "" if entry.job_id else f"key {entry.key}: "
        raise Refused(
            f"{what}not in this account or instance; nothing was changed: it was sent in "
            f"{entry.account}, the credentials are those of {now}",
            next_step="restore the credentials (or the region) that it was sent with",
        ).about(entry.backend, entry.job_id, next_step)
