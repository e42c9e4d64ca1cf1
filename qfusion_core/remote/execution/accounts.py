"""A job is looked for in the account in which it was sent, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qfusion_core.remote.adapter.request_retry import RetryingCaller
from qfusion_core.remote.errors import Refused
from qfusion_core.remote.journal.rows.records import JobRecord

if TYPE_CHECKING:
    from qfusion_core.remote.adapter.adapter import Adapter


def require_account(
    record: JobRecord, device: Adapter, retrying: RetryingCaller, next_step: str
) -> None:
    """Refuse to look for a job elsewhere than where it was sent.

    Raises:
        Refused: Credentials are those of another account or instance.
    """
    if record.account is None:
        return
    now = retrying(device.account, job_id=record.job_id, next_step=next_step)
    if now is not None and now != record.account:
        what = "" if record.job_id else f"key {record.key}: "
        raise Refused(
            f"{what}not in this account or instance; nothing was changed: it was sent in "
            f"{record.account}, the credentials are those of {now}",
            next_step="restore the credentials (or the region) that it was sent with",
        ).about(record.backend, record.job_id, next_step)
