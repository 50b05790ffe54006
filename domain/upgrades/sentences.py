"""Events as sentences for a person who watches."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from astrolabe.domain.plans.plan import DEPRECATED, NAMED_ALREADY, NEXT_UP
from astrolabe.domain.problem import advised

EventData: TypeAlias = Mapping[str, Any]


def seconds(milliseconds: int | None) -> str:
    """Write a duration as seconds."""
    return "unknown" if milliseconds is None else f"{milliseconds / 1000:.1f} s"


def counted(number: int, noun: str) -> str:
    """Write a number with its noun, which is in the singular for one."""
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"


def counted_writes(total: int | None) -> str:
    """Write how many writes there were; None where nobody knows."""
    return "an unknown number of writes" if total is None else counted(total, "write")


def _started(data: EventData) -> str:
    return f"{data['step']} begins, by worker {data['worker']}"


def _progressed(data: EventData) -> str:
    done, total = data.get("done"), data.get("total")
    count = "" if done is None else f" ({done:,}{f' of {total:,}' if total else ''})"
    return f"{data['message']}{count}"


def _passed(data: EventData) -> str:
    plan = data["plan"]
    held, new = sum(check["ok"] for check in plan["checks"]), plan["new"]
    holds = f"{counted(held, 'check')} {'holds' if held == 1 else 'hold'}"
    warned = "".join(f"; deprecated: {check['seen']}" for check in plan["checks"] if check["name"] == DEPRECATED)
    later = [each["seen"] for each in plan["checks"] if each["name"] == NEXT_UP and each["seen"] != NAMED_ALREADY]
    afterwards = "".join(f"; after it {each}" for each in later)
    return f"{holds}; {new['package']}@{new['version']} {new['integrity'][:20]}…{warned}{afterwards}"


def _backup(data: EventData) -> str:
    dump, files = data.get("dump"), _files("; {} prepared while they are in use", data)
    if not dump:
        return f"no database, so no dump{files}"
    tables = f"dump of {counted(dump['tables'], 'table')}, {counted(dump['size'], 'byte')}"
    return f"{tables}, SHA-256 {dump['sha256'][:16]}…, read back{files}"


def _files(sentence: str, data: EventData) -> str:
    files = data.get("files")
    return sentence.format(f"{counted(files['files'], 'file')}, {counted(files['size'], 'byte')},") if files else ""


def _copied(data: EventData) -> str:
    copy, files = data.get("copy"), _files("; {} brought up to date", data)
    if not copy:
        return f"no database to copy{files}"
    return f"copied as {copy['database']} ({counted(copy['size'], 'byte')}): the way back{files}"


def _finished(data: EventData) -> str:
    before, after = data.get("migrations_before"), data.get("migrations_after")
    many = f"{counted(after - before, 'migration')} applied, " if before is not None and after is not None else ""
    return f"{many}the new version answers after {seconds(data['downtime_ms'])}"


def _verified(data: EventData) -> str:
    return f"{data['version']} verified while nobody else got in: {_checks(data)}"


def _cut_over(data: EventData) -> str:
    if not data.get("verified", True):
        return "cutover at once: others get in as soon as the new version serves, and before it is verified"
    return "cutover: others are let in from here on"


def _succeeded(data: EventData) -> str:
    downtime = data.get("downtime_ms")
    serves = "" if downtime is None else f"; it serves again; downtime {seconds(downtime)}"
    return f"{data['version']} verified: {_checks(data)}{serves}"


def _checks(data: EventData) -> str:
    return ", ".join(check["name"] for check in data["checks"])


def _unwell(data: EventData) -> str:
    many = counted_writes(data["writes"]["total"])
    back = f"going back would leave {many} behind: astrolabe rollback {data['upgrade_id']}"
    return f"UNWELL after cutover: {advised(_problem(data), f'Nothing goes back by itself any more; {back}')}"


def _problem(data: EventData) -> str:
    problem = data["problem"]
    return advised(problem["detail"], problem.get("todo", ""))


def _inconsistent(data: EventData) -> str:
    typed = "".join(f"\n  {each['does']}: {each['line']}" for each in data.get("commands", ()))
    return advised(_problem(data), f"By hand:{typed}" if typed else "")


def _turned(data: EventData) -> str:
    if data.get("problem"):
        return f"rolling back: {data['problem']['detail']}"
    return "rolling back" + _left_behind(data)


def _left_behind(data: EventData) -> str:
    writes = data.get("writes")
    if writes is None or writes["total"] == 0:
        return ""
    return f", leaving {counted_writes(writes['total'])} behind"


def _restored(data: EventData) -> str:
    kept = data.get("kept")
    files = _files("; the folders are what they were; {} as the new version left them are kept", data)
    if not kept:
        return f"the database was not changed{files}{_left_behind(data)}" if files else "nothing to restore"
    return f"the database of before is in place; the migrated one is kept as {kept}{files}{_left_behind(data)}"


def _returned(data: EventData) -> str:
    return f"{data['version']} answers again; downtime {seconds(data.get('downtime_ms'))}"


def _resumed(data: EventData) -> str:
    return f"{data['version']} serves again, as before; downtime {seconds(data.get('downtime_ms'))}"


def _moment(data: EventData) -> str:
    return str(data["until"])[:16].replace("T", " ") + " UTC"


def _awaits(data: EventData) -> str:
    many = data["approvers"]
    who = "somebody else" if many == 1 else f"{many} others"
    return f"waits until {_moment(data)} for {who}: astrolabe approve {data['upgrade_id']} --reason …"


def _approved(data: EventData) -> str:
    missing = f"; {data['missing']} more needed" if data["missing"] else ""
    return f"approved by {data['approver']}{missing}"


SENTENCES: dict[str, Callable[[EventData], str]] = {
    "step_started": _started,
    "step_progressed": _progressed,
    "preflight_passed": _passed,
    "upgrade_refused": _problem,
    "backup_taken": _backup,
    "artifact_pulled": lambda data: "on this host: " + ", ".join(each["version"] for each in data["artifacts"]),
    "instance_stopped": lambda data: (
        "the old version has stopped; nobody can write" if data.get("serves", True) else "nothing serves, so no stop"
    ),
    "database_copied": _copied,
    "migration_started": lambda _: "the new version may migrate from here on",
    "migration_finished": _finished,
    "upgrade_verified": _verified,
    "cut_over": _cut_over,
    "upgrade_succeeded": _succeeded,
    "upgrade_unwell": _unwell,
    "upgrade_failed": _problem,
    "upgrade_cancelled": lambda _: "called off; nothing was touched",
    "upgrade_requested": lambda data: (
        f"{'EMERGENCY ' if data.get('emergency') else ''}from {data['from_version']} to {data['target']}"
        f"{', ticket ' + data['ticket'] if data.get('ticket') else ''}"
        f"{'; impact: ' + data['impact'] if data.get('impact') else ''}"
    ),
    "upgrade_retried": lambda data: f"attempt {data['attempt']}",
    "rollback_requested": lambda data: "accepting lost writes" if data["accept_lost_writes"] else "losing nothing",
    "rollback_refused": _problem,
    "rollback_started": _turned,
    "rollback_called_off": _problem,
    "writes_counted": lambda data: f"nobody can write any more{_left_behind(data)}",
    "upgrade_resumed": _resumed,
    "rollback_stalled": lambda data: f"the way back waits, and is tried again until {_moment(data)}: {_problem(data)}",
    "database_restored": _restored,
    "upgrade_rolled_back": _returned,
    "approval_requested": _awaits,
    "upgrade_approved": _approved,
    "upgrade_rejected": lambda data: f"rejected by {data['approver']}; nothing was touched",
    "approval_expired": lambda _: "nobody approved it in time; nothing was touched",
    "review_requested": lambda data: f"EMERGENCY, approved by nobody: somebody else must review it by {_moment(data)}",
    "upgrade_reviewed": lambda data: f"{data['reviewer']} {data['verdict']}",
    "review_overdue": lambda _: "nobody reviewed this emergency in time",
    "instance_inconsistent": _inconsistent,
    "instance_taken_over": lambda data: (
        f"{data['version']}, which a person brought up, is well and goes on; nothing was stopped: {_checks(data)}"
    ),
    "instance_registered": lambda data: f"{data['config']['product']} {data.get('version') or 'of unknown version'}",
    "adoption_requested": lambda _: "a worker is to detect again what runs",
    "instance_adopted": lambda data: data["seen"],
    "adoption_refused": _problem,
    "instance_observed": lambda data: data["seen"],
    "observation_failed": lambda data: f"nobody can see what runs: {data['why']}",
    "instance_renamed": lambda data: f"{data['name']} from here on, no more {data['former']}",
    "instance_retired": lambda data: "its name is free again" if data.get("name_free") else "",
    "drift_accepted": lambda data: f"{data['version']}, which was put there by hand, is the version from here on",
    "kept_discarded": lambda data: f"{data['what']} {data['name']} is gone",
}


def sentence(event_type: str, data: EventData) -> str:
    """Return an event of a type as a sentence; empty where it needs none."""
    write = SENTENCES.get(event_type)
    return write(data) if write else ""
