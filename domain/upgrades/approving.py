"""Approving: what follows from a yes, a no, and a review of what could not wait."""

from collections.abc import Collection

from astrolabe.domain.problem import Refused
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Approve, Reject, RequestUpgrade, Review
from astrolabe.domain.upgrades.instance import Instance
from astrolabe.domain.words import Owner, Ticket


def check_emergency(instance: Instance, upgrade_id: str) -> None:
    """Refuse an emergency where there is nothing to pass by, or where an earlier one still waits for its review."""
    if instance.config.approvals.when == "never":
        raise Refused("emergency-needless", "Upgrades of this instance wait for no approval; ask without emergency.")
    if instance.review and instance.review.upgrade_id != upgrade_id:
        raise Refused(
            "review-outstanding",
            f"The emergency upgrade {instance.review.upgrade_id} was not reviewed yet; have that done first.",
            upgrade_id=instance.review.upgrade_id,
        )


def check_reason(command: RequestUpgrade) -> None:
    """Refuse an emergency without a reason: whoever reviews it afterwards must know why."""
    if not command.reason.strip():
        raise Refused("reason-missing", "An emergency needs a reason; say why it cannot wait for its approval.")


def check_ticket(instance: Instance, ticket: Ticket | None) -> None:
    """Refuse an upgrade without a ticket, or with one of another kind, where the instance's policy asks for one."""
    policy = instance.config.approvals
    if not policy.takes(ticket):
        wanted = f"an upgrade of this instance needs a ticket like {' or '.join(policy.tickets)}"
        said = f"{ticket} is none: {wanted}" if ticket else f"No ticket was named, and {wanted}"
        raise Refused("ticket-invalid" if ticket else "ticket-missing", f"{said}; name it in ticket.")


def gate(fact: e.Fact, state: s.State) -> tuple[e.Event, ...]:
    """Put a plan that needs an approval before its approvers, or, in an emergency, before its reviewers."""
    match fact, state:
        case e.PreflightPassed(upgrade_id, plan, at), s.Requested(instance, run) if (
            at and instance.config.approvals.asks(plan)
        ):
            policy = instance.config.approvals
            if not run.emergency:
                return (e.ApprovalRequested(upgrade_id, policy.approvers, policy.expiry(at)),)
            return () if instance.review else (e.ReviewRequested(upgrade_id, policy.review_by(at)),)
        case _:
            return ()


def _waiting(state: s.State) -> s.Waiting:
    if not isinstance(state, s.Waiting):
        raise Refused("not-awaiting-approval", "This upgrade does not wait for an approval now; see its events.")
    return state


def approve(command: Approve, state: s.State) -> tuple[e.Event, ...]:
    """Take somebody's yes, unless they asked for the upgrade, said it before, or come too late."""
    waiting, approver = _waiting(state), command.approver
    if command.now >= waiting.until:
        raise Refused("approval-expired", "The time for approvals has passed; retry the upgrade for a new plan.")
    if asked := _same(approver, command.owner, waiting.run.requesters, waiting.run.owners):
        raise Refused("approver-is-requester", f"{asked} asked for this upgrade; somebody else must approve it.")
    owners = [each.owner for each in waiting.approvals if each.owner]
    if agreed := _same(approver, command.owner, [each.approver for each in waiting.approvals], owners):
        raise Refused("already-approved", f"{agreed} has approved this upgrade; another approver is needed.")
    missing = max(0, waiting.approvers - len(waiting.approvals) - 1)
    sha256, owner = waiting.plan.sha256, command.owner
    return (e.UpgradeApproved(command.upgrade_id, approver, command.now, missing, sha256, owner),)


def _same(token: str, owner: Owner | None, tokens: Collection[str], owners: Collection[Owner]) -> str | None:
    """Name who a token is among others, by its name or by whose it is; None where it is none of them."""
    if token in tokens:
        return token
    return f"{owner.replace(':', ' ')}, whose token {token} is," if owner in owners and owner else None


def reject(command: Reject, state: s.State) -> tuple[e.Event, ...]:
    """Take somebody's no; one is enough, and it may be the requester's own."""
    _waiting(state)
    return (e.UpgradeRejected(command.upgrade_id, command.approver, command.now),)


def review(command: Review, state: s.State) -> tuple[e.Event, ...]:
    """Take a review of an emergency, unless it is by whoever ran it."""
    due = None if isinstance(state, s.Unversioned) else state.instance.review
    if due is None or due.upgrade_id != command.upgrade_id:
        raise Refused("no-review-due", "No review of this upgrade is due; only emergency upgrades are reviewed.")
    if ran := _same(command.reviewer, command.owner, due.requesters, due.owners):
        raise Refused("approver-is-requester", f"{ran} ran this upgrade; somebody else must review it.")
    return (e.UpgradeReviewed(command.upgrade_id, command.reviewer, command.verdict, command.now, command.owner),)
