"""Detection: who starts a gateway again when it ends, found while nothing is touched."""

import os
from collections.abc import Sequence

from msgspec.structs import replace

from astrolabe.domain.supervision import cgroup, parents
from astrolabe.domain.supervision.supervision import Supervision
from astrolabe.workers.instance import process
from astrolabe.workers.instance.supervision import lineage, pm2_detection, systemd_detection
from astrolabe.workers.instance.supervision.lineage import Ancestor, Hidden
from astrolabe.workers.programs.output import Redactor

REPLACE = "Stop it there, register a systemd service or a pm2 process in its place, then retry."
ANEW = (
    "Start it anew where it is seen who keeps it: from a terminal (nohup COMMAND &), with pm2 or as a systemd service,"
    " then retry."
)
_NOBODY = "nothing starts it again when it ends"


async def detect(pid: int, secrets: Sequence[str] = ()) -> Supervision:
    """Find who keeps a process alive; what cannot be seen is unknown, never nobody."""
    redact = Redactor(secrets)
    try:
        found = await _found(lineage.lineage(pid))
    except Hidden as hidden:
        todo = "Run the worker as the user who runs the gateway, or as root, then retry."
        found = Supervision("unknown", "unknown", str(hidden), todo)
    return replace(found, seen=redact(found.seen), todo=redact(found.todo))


async def _found(chain: Sequence[Ancestor]) -> Supervision:
    mark = process.mark(chain[0].pid)
    if not mark and (held := lineage.container(chain[0].pid)):
        return _contained(held)
    suspect: Supervision | None = None
    for place, each in enumerate(chain):
        if found := await _certain(chain, place, mark):
            return suspect if suspect and found.verdict == "nobody" else found
        if place:
            suspect = suspect or _judged(each)
        if place and _typed(each):
            return suspect or Supervision("nobody", "nobody", f"it was typed into {each.shown}; {_NOBODY}")
    return suspect or _end_of(chain)


async def _certain(chain: Sequence[Ancestor], place: int, mark: str | None) -> Supervision | None:
    """Find whether a process is a supervisor, is what one runs, or is where Astrolabe started the rest."""
    each = chain[place]
    if place and each.pid == os.getpid():
        return _ours()
    if found := await _by_name(chain, place):
        return found
    if mark and process.mark(each.pid) != mark:
        return _ours()
    return await _by_unit(chain, place)


async def _by_name(chain: Sequence[Ancestor], place: int) -> Supervision | None:
    each = chain[place]
    if pm2_detection.is_daemon(each):
        return await pm2_detection.found(each, [below for below in chain[:place] if _stands_for(below, chain)])
    if place and (known := parents.known(each.argv)):
        return _refused(known.title, f"{known.title}, {each.shown}, starts it again when it ends", known.todo)
    return None


async def _by_unit(chain: Sequence[Ancestor], place: int) -> Supervision | None:
    each = chain[place]
    unit = cgroup.unit(_groups(each.pid, needed=not place))
    if unit is None or not unit.name.endswith(".service") or not _stands_for(each, chain):
        return None
    return await systemd_detection.found(unit, each, chain)


def _stands_for(each: Ancestor, chain: Sequence[Ancestor]) -> bool:
    """Return whether what supervises a process supervises the gateway, and not something that also runs it."""
    gateway, *above = chain
    return all(
        parents.waits(between.argv)
        or parents.shell_script(between.argv) is not None
        or parents.program(between.argv) == parents.program(gateway.argv)
        for between in above[: chain.index(each)]
    )


def _ours() -> Supervision:
    return Supervision("nobody", "nobody", f"Astrolabe started it; {_NOBODY}")


def _groups(pid: int, *, needed: bool) -> str:
    try:
        return lineage.groups(pid)
    except Hidden:
        # A gateway that Astrolabe started is known by its mark, also where there are no control groups.
        if needed and not process.mark(pid):
            raise
        return ""


def _judged(parent: Ancestor) -> Supervision | None:
    """Judge a process above the gateway that is no supervisor by name; None where it ends with what it started."""
    if _is_init(parent) or _typed(parent) or parents.waits(parent.argv):
        return None
    ran = parents.shell_script(parent.argv)
    if ran is None:
        return _unknown(parent, "started it and still runs; whether it would start it again cannot be seen")
    words, path = ran
    text = words if words is not None else lineage.script(parent, path) if path else None
    if text is None:
        return _unknown(parent, "started it from a script that cannot be read, and still runs")
    if parents.runs_once(text):
        return None
    return _refused("a shell", f"{parent.shown} runs it in a loop and starts it again when it ends", REPLACE)


def _typed(each: Ancestor) -> bool:
    return each.at_terminal and parents.shell_script(each.argv) == (None, None)


def _is_init(each: Ancestor) -> bool:
    # A user's own systemd adopts the orphans of its user, as process 1 does those of the machine.
    return each.pid == lineage.INIT or parents.program(each.argv) == "systemd"


def _end_of(chain: Sequence[Ancestor]) -> Supervision:
    """Judge a gateway above which nothing was found but what adopts orphans."""
    place = next((place for place, each in enumerate(chain) if _is_init(each)), None)
    if place is None:
        top = chain[-1]
        return _unknown(top, "was started by somebody outside of what this worker can see")
    if place == 0:
        return _refused(
            "a container engine",
            f"{chain[0].shown} is the first process of a container, which its engine starts again",
            "Register it as an instance of kind compose, or stop the container for good, then retry.",
        )
    child, init = chain[place - 1], chain[place]
    if parents.program(init.argv) == "systemd" or lineage.orphan(child.pid, init.pid):
        return Supervision("nobody", "nobody", f"who started it has ended; {_NOBODY}")
    return _unknown(init, "is above it; whether it would start it again cannot be seen")


def _contained(held: cgroup.ContainerOf) -> Supervision:
    name = f"{held.engine}, container {held.id[:12]}" if held.id else held.engine
    return _refused(
        held.engine,
        f"it runs inside a container ({name}), whose restart policy starts it again",
        "Register it as an instance of kind compose, or take the gateway out of its container, then retry.",
    )


def _refused(by: str, seen: str, todo: str) -> Supervision:
    return Supervision("refused", by, seen, todo)


def _unknown(parent: Ancestor, what: str) -> Supervision:
    return Supervision("unknown", "unknown", f"{parent.shown} {what}", ANEW)
