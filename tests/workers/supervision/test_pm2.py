"""Gateways that a real pm2 keeps: found, stopped for good, started in another version, and put back."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import psutil
import pytest

from astrolabe.domain.supervision.planned import start_line
from astrolabe.domain.supervision.supervisor import Pm2App, Pm2Daemon
from astrolabe.workers.instance import process
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.listening import pids
from astrolabe.workers.instance.supervision import pm2 as acting
from astrolabe.workers.instance.supervision.detection import detect
from astrolabe.workers.instance.supervision.pm2 import Pm2Supervisor
from astrolabe.workers.instance.supervision.supervision import Starts
from tests.ports import free_port
from tests.workers.supervision.gateways import comes_back, installed, serving, stays_away
from tests.workers.supervision.pm2_world import Pm2

pytestmark = pytest.mark.supervisors

NAME = "gateway"
SECRET = "a-secret-to-look-for"


@pytest.fixture
def port() -> int:
    """The port that the gateway listens on."""
    return free_port()


@pytest.fixture
async def kept(pm2: Pm2, port: int) -> Pm2:
    """A pm2 that keeps a gateway in version 1.1.0, and something else, and has saved both for a boot."""
    await owner_starts(pm2, port)
    await pm2("start", "sleep", "--name", "else", "--interpreter", "none", "--", "1000")
    await pm2("save")
    await serving(port)
    return pm2


async def owner_starts(pm2: Pm2, port: int, *options: str) -> None:
    """Start a gateway as its owner would."""
    _, script = installed(pm2.folder, "1.1.0")
    own = ("--name", NAME, "--kill-timeout", "2500", *options, "--", "--as", "owner")
    await pm2("start", script, *own, PORT=str(port), TOLD="by-the-owner")


def named(pm2: Pm2) -> Pm2App:
    """How a worker finds pm2's process again."""
    return Pm2App(NAME, Pm2Daemon(str(pm2.home), pm2.program))


def supervisor(pm2: Pm2) -> Pm2Supervisor:
    """What a worker acts through."""
    return Pm2Supervisor(named(pm2), pm2.folder, [SECRET])


def killed(port: int) -> int:
    """Kill the gateway, as a careless upgrade would."""
    found = process.listener(port)
    assert found
    psutil.Process(found.pid).kill()
    return found.pid


async def test_a_process_of_pm2s_is_found(kept: Pm2, port: int) -> None:
    """A gateway that pm2 would start again is known to be pm2's, and under which name, though it hides its words."""
    assert (await comes_back(port, killed(port))).version == "1.1.0"
    found = await detect((await serving(port)).pid)
    assert (found.verdict, found.by, found.supervisor) == ("handled", "pm2", named(kept)), found
    starts = await supervisor(kept).starts()
    assert starts == Starts(("node", str(kept.folder / "1.1.0" / "answering.js"), "--as", "owner"), str(kept.folder))
    assert "and after a boot" in found.seen


async def test_a_list_that_would_lose_somebody_is_not_saved(kept: Pm2, port: int) -> None:
    """Where saving for the gateway would change what else a boot starts, that is refused, before and at the stop."""
    await kept("delete", "else")
    found = await detect((await serving(port)).pid)
    assert (found.verdict, found.todo) == ("refused", "Run pm2 save, then retry."), found
    with pytest.raises(StepFailed, match="else") as failure:
        await supervisor(kept).stop()
    assert failure.value.problem.code == "supervisor-failed"


async def test_a_stop_stays_a_stop(kept: Pm2, port: int) -> None:
    """Nothing brings a stopped gateway back, nor does a boot; what else pm2 keeps goes on."""
    await supervisor(kept).stop()
    assert await stays_away(port)
    await kept.reboots()
    assert await stays_away(port)
    assert (await kept.entry("else"))["status"] == "online"
    assert await supervisor(kept).running_pid() is None
    assert await supervisor(kept).start() == (await serving(port)).pid


async def pins(pm2: Pm2, version: str = "1.2.0") -> None:
    """Pin a version."""
    await supervisor(pm2).pin([*installed(pm2.folder, version), "--as", "pinned"], {"TOLD": SECRET})


async def test_a_pin_starts_the_other_version_until_it_is_put_back(kept: Pm2, port: int) -> None:
    """A pinned version starts under the old name and in the old folder, with the owner's options, also after a boot.

    After the way back pm2 has what its owner gave it, word for word, also after two upgrades and a boot.
    """
    before = await kept.entry(NAME)
    await supervisor(kept).stop()
    await pins(kept)
    await pins(kept, "1.3.0")
    assert not pids(port)
    pid = await supervisor(kept).start()
    answer = await serving(port)
    assert (answer.version, answer.args, answer.pid) == ("1.3.0", ["--as", "pinned"], pid)
    assert (answer.cwd, answer.told) == (str(kept.folder), SECRET)
    await kept.reboots()
    answer = await serving(port)
    assert (answer.version, answer.told, answer.cwd) == ("1.3.0", SECRET, str(kept.folder))
    assert (await kept.entry(NAME))["kill_timeout"] == 2500
    assert (await detect(answer.pid)).supervisor == named(kept)
    holders = [path for path in kept.folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert {path.name for path in holders} >= {"dump.pm2", acting.PINNED}
    assert {path.stat().st_mode & 0o777 for path in holders} == {0o600}
    await supervisor(kept).stop()
    await supervisor(kept).unpin()
    await supervisor(kept).start()
    await kept.reboots()
    answer = await serving(port)
    assert (answer.version, answer.args, answer.told) == ("1.1.0", ["--as", "owner"], "by-the-owner")
    after = await kept.entry(NAME)
    lives = {*(name for name in after if name.startswith("axm_")), *LIVES}
    assert {name: after[name] for name in after if name not in lives} == {
        name: before[name] for name in before if name not in lives
    }
    assert not list(kept.folder.glob("pm2-*.json"))


LIVES = (
    *("pm_id", "pm_pid_path", "pm_uptime", "created_at", "restart_time", "unique_id", "env"),
    *("instances", "prev_restart_delay", "exit_code", "_tree_pids"),
)
"""What differs from one life of a process to the next, or from a process to what `pm2 resurrect` makes of it."""


async def test_what_the_owner_puts_in_its_place_is_the_owners(kept: Pm2, port: int) -> None:
    """What the owner started under the name after an upgrade is what a later way back puts back."""
    await supervisor(kept).stop()
    await pins(kept)
    await kept("delete", NAME)
    installed(kept.folder, "1.1.0")
    _, script = installed(kept.folder, "1.4.0")
    await kept("start", script, "--name", NAME, PORT=str(port))
    await supervisor(kept).stop()
    await pins(kept, "1.5.0")
    await supervisor(kept).unpin()
    await supervisor(kept).start()
    assert (await serving(port)).version == "1.4.0"


class Killed(BaseException):
    """The worker died here."""


async def test_each_act_may_be_begun_again(kept: Pm2, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a worker dies, the one that takes over brings about the same."""
    acts: list[tuple[str, Callable[[Pm2Supervisor], Awaitable[object]]]] = [
        ("stop", lambda it: it.stop()),
        ("pin", lambda it: it.pin(installed(kept.folder, "1.2.0"), {})),
        ("start", lambda it: it.start()),
        ("unpin", lambda it: it.unpin()),
    ]
    real, died, now = acting.act, set[tuple[str, str]](), ""

    async def mortal(command: Sequence[str], *rest: object) -> None:
        await real(command, *rest)  # type: ignore[arg-type]
        here = (now, command[2])
        if here not in died:
            died.add(here)
            raise Killed

    monkeypatch.setattr(acting, "act", mortal)
    for now, act in acts:
        while True:
            try:
                await act(supervisor(kept))
                break
            except Killed:
                continue
        if now == "start":
            assert (await serving(port)).version == "1.2.0"
        else:
            assert not pids(port), now
    assert {command for _, command in died} == {"stop", "save", "delete", "resurrect", "restart"}


async def test_what_is_left_to_a_person_starts_by_pm2s_own_command(kept: Pm2, port: int) -> None:
    """A worker died with the process off the list: it is put back, stopped, and the line that is told starts it."""
    await supervisor(kept).stop()
    await supervisor(kept).pin(installed(kept.folder, "2.0.0"), {"PORT": str(port)})
    await kept("delete", NAME)
    for _ in range(2):
        await supervisor(kept).release()
    assert await stays_away(port)
    typed = await asyncio.create_subprocess_shell(start_line(named(kept)), stdout=asyncio.subprocess.DEVNULL)
    assert await typed.wait() == 0
    gateway = await serving(port)
    assert gateway.version == "2.0.0"
    found = killed(port)
    assert (await comes_back(port, found)).version == "2.0.0"


async def test_what_was_never_saved_is_not_saved(pm2: Pm2, port: int) -> None:
    """Where the owner saves no list for a boot, none is saved, and that is told."""
    await owner_starts(pm2, port)
    found = await detect((await serving(port)).pid)
    assert "not after a boot" in found.seen
    await supervisor(pm2).stop()
    await pins(pm2)
    await supervisor(pm2).start()
    assert not (pm2.home / "dump.pm2").exists()


async def test_a_daemon_that_ended_is_started_as_a_boot_would(kept: Pm2, port: int) -> None:
    """Where pm2 itself is gone when the gateway is to be started, what else it kept comes back as well."""
    await supervisor(kept).stop()
    await pins(kept)
    await kept("kill")
    assert await supervisor(kept).running_pid() is None
    await supervisor(kept).start()
    assert (await serving(port)).version == "1.2.0"
    assert (await kept.entry("else"))["status"] == "online"


REFUSED = {
    "cluster": (["-i", "2"], "cluster mode", "fork mode"),
    "clock": (["--cron-restart", "0 3 * * *"], "by the clock (0 3 * * *)", "without cron_restart"),
}


@pytest.mark.parametrize("how", REFUSED)
async def test_what_cannot_be_handled_is_refused_by_name(pm2: Pm2, port: int, how: str) -> None:
    """What pm2 would start again in spite of a stop, or runs many times, is refused, with what to do about it."""
    options, why, todo = REFUSED[how]
    await owner_starts(pm2, port, *options)
    await serving(port)
    found_process = process.listener(port)
    assert found_process
    found = await detect(found_process.pid)
    assert (found.verdict, found.by, found.problem().code) == ("refused", "pm2", "supervised"), found
    assert why in found.seen
    assert todo in found.todo
