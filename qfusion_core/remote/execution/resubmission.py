"""Sending a job anew that failed or was cancelled in an earlier process.

Within one process `failover` sees to it.
"""

from __future__ import annotations

from qfusion_core.remote.errors import BudgetError, RemoteError
from qfusion_core.remote.execution.consent import require_agreement
from qfusion_core.remote.execution.missing_jobs import surely_failed
from qfusion_core.remote.journal.rows.records import Budgets, CallId
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.planning.queued_device import QueuedDevice


def resubmit_failed(queue: QueuedDevice, call: Call, call_id: CallId, budgets: Budgets) -> None:
    """Other jobs in place of those that failed or were cancelled in an earlier process."""
    jobs = queue.bound.measurement.journal.jobs
    failed = [record for record in jobs.of(call_id) if record.state in ("failed", "cancelled")]
    forget = f"`{queue.bound.measurement.command('forget', call_id.measurement)}`"
    failed = surely_failed(queue, failed, f"or give it up with {forget}")
    if failed:
        out = {record.backend: record.reason for record in failed if record.state == "failed"}
        try:
            plan = queue.replan(call, failed, out)
        except (RemoteError, BudgetError):  # nobody else is left: all get another chance
            plan = queue.replan(call, failed, {})
        agreement = queue.bound.measurement.approval.of(call_id)
        agreement.most += require_agreement(queue, call, plan, f"; {forget} gives up")
        jobs.replace(failed, plan, call_id, budgets, "sent anew")
