"""Expiry: what people should have done by now, and did not; the log says so, and so does the worker's log."""

import logging
from datetime import UTC, datetime

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.reconcile import Expiry
from astrolabe.workers.steps.recorder import Recorder

LOG = logging.getLogger("astrolabe.worker")


async def record_expiry(recorder: Recorder, due: Expiry) -> None:
    """Record that a plan was not approved, or an emergency not reviewed, in time."""
    now = datetime.now(UTC)
    if due.what == "approval":
        await recorder.report(e.ApprovalExpired(due.upgrade_id, now), "nobody approved it in time")
        return
    LOG.warning("%s: nobody reviewed the emergency upgrade %s in time", recorder.instance_id, due.upgrade_id)
    await recorder.report(e.ReviewOverdue(due.upgrade_id, now), "nobody reviewed it in time")
