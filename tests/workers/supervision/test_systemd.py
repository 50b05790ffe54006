"""Gateways that a real systemd keeps: found, stopped for good, started in another version, and put back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from astrolabe.domain.supervision.planned import start_line
from astrolabe.domain.supervision.supervisor import SystemdService
from astrolabe.workers.instance import process
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.supervision import systemd
from astrolabe.workers.instance.supervision.detection import detect
from astrolabe.workers.instance.supervision.systemd import SystemdSupervisor
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from tests.lacking import lacks
from tests.ports import free_port
from tests.workers.supervision import machine as machines
from tests.workers.supervision.gateways import answered, comes_back, installed, serving, stays_away
from tests.workers.supervision.machine import Machine

UNIT = "gateway.service"
SECRET = 'a "secret" with $HOME, %h, `id`, \\ and\ntwo lines'

TEXT = """\
[Service]
Environment=PORT={port} TOLD=by-the-owner
WorkingDirectory={folder}
ExecStart={command}
Restart=always
RestartSec=100ms
StartLimitIntervalSec=0
"""


# One machine boots for all of them, and lives in their one loop.
pytestmark = [pytest.mark.supervisors, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def booted(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Machine]:
    """A machine that has booted."""
    if why := machines.lacking():
        lacks(why)
    async with machines.machine(tmp_path_factory.mktemp("machine")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def machine(booted: Machine) -> AsyncIterator[Machine]:
    """A machine without a unit, whatever the test before has left."""
    yield booted
    await booted.clear()


@pytest.fixture
def port() -> int:
    """The port that the gateway listens on, also on the machine."""
    return free_port()


@pytest_asyncio.fixture(loop_scope="module")
async def kept(machine: Machine, port: int) -> Machine:
    """A machine whose systemd keeps a gateway in version 1.1.0."""
    command = " ".join(installed(machine.folder, "1.1.0"))
    machine.unit(UNIT, TEXT.format(port=port, folder=machine.folder, command=command))
    await machine.systemctl("daemon-reload")
    await machine.systemctl("start", UNIT)
    await serving(port)
    return machine


def supervisor(folder: str) -> SystemdSupervisor:
    """What a worker acts through."""
    return SystemdSupervisor(SystemdService(UNIT), Path(folder), [SECRET])


async def finds_it(port: int) -> None:
    """Find who keeps the gateway."""
    found = await detect((await serving(port)).pid)
    assert (found.verdict, found.by, found.supervisor) == ("handled", "systemd", SystemdService(UNIT)), found
    assert "gateway.service (Restart=always)" in found.seen


async def test_a_service_is_found(kept: Machine, port: int) -> None:
    """A gateway that systemd would start again is known to be systemd's, and in which unit."""
    killed = (await serving(port)).pid
    await kept.does(kills, port)
    assert (await comes_back(port, killed)).version == "1.1.0"
    await kept.does(finds_it, port)


async def kills(port: int) -> None:
    """Kill the gateway, as a careless upgrade would."""
    found = process.listener(port)
    assert found
    psutil.Process(found.pid).kill()


async def stops(folder: str, port: int) -> None:
    """Stop the gateway, twice: a worker may die in between."""
    for _ in range(2):
        await supervisor(folder).stop()
        assert await supervisor(folder).running_pid() is None
    assert await stays_away(port)


async def leaves(folder: str) -> None:
    """Leave the stopped gateway to a person, twice: a worker may die in between."""
    for _ in range(2):
        await supervisor(folder).release()


async def test_what_is_left_to_a_person_starts_by_systemds_own_command(kept: Machine, port: int) -> None:
    """A held unit is not started by anybody; once it is left, the line that is told starts it, and systemd keeps it."""
    await kept.does(stops, str(kept.folder), port)
    await kept.systemctl("start", UNIT)
    assert await stays_away(port)
    await kept.does(leaves, str(kept.folder))
    assert await stays_away(port)
    assert start_line(SystemdService(UNIT)) == f"systemctl --no-ask-password --no-pager start --no-block -- {UNIT}"
    await kept.systemctl("start", UNIT)
    killed = (await serving(port)).pid
    await kept.does(kills, port)
    assert (await comes_back(port, killed)).version == "1.1.0"


async def starts(folder: str, port: int, version: str) -> None:
    """Start the gateway, twice: a worker may die in between."""
    pid = await supervisor(folder).start()
    assert await supervisor(folder).start() == pid == await supervisor(folder).running_pid()
    answer = await serving(port)
    assert (answer.version, answer.pid) == (version, pid)


async def test_a_stop_stays_a_stop(kept: Machine, port: int) -> None:
    """Nothing brings a stopped gateway back: not systemd, not somebody who starts the unit, not a boot."""
    folder = str(kept.folder)
    await kept.does(stops, folder, port)
    await kept.systemctl("start", UNIT)
    assert await stays_away(port)
    await kept.reboot()
    assert await stays_away(port)
    await kept.does(starts, folder, port, "1.1.0")


async def pins(folder: str) -> None:
    """Pin 1.2.0, twice."""
    for _ in range(2):
        env = {"TOLD": SECRET}
        await supervisor(folder).pin([*installed(Path(folder), "1.2.0"), "100% of $HOME", 'a "word"'], env)


async def runs_pinned(folder: str, port: int) -> None:
    """See that what was pinned runs, as the unit's owner would have it run."""
    answer = await serving(port)
    assert (answer.version, answer.args) == ("1.2.0", ["100% of $HOME", 'a "word"'])
    assert (answer.cwd, answer.told) == (folder, SECRET)
    found = await detect(answer.pid)
    assert (found.verdict, found.supervisor) == ("handled", SystemdService(UNIT))


async def test_a_pin_starts_the_other_version(kept: Machine, port: int) -> None:
    """A pinned version starts in the unit's place, also after systemd read itself anew and after a boot."""
    folder = str(kept.folder)
    await kept.does(stops, folder, port)
    await kept.does(pins, folder)
    await kept.does(starts, folder, port, "1.2.0")
    await kept.does(runs_pinned, folder, port)
    await kept.systemctl("daemon-reexec")
    killed = (await serving(port)).pid
    await kept.does(kills, port)
    assert (await comes_back(port, killed)).version == "1.2.0"
    await kept.reboot()
    await kept.does(runs_pinned, folder, port)


async def unpins(folder: str) -> None:
    """Put back what was, twice."""
    for _ in range(2):
        await supervisor(folder).unpin()


async def test_what_was_pinned_is_put_back(kept: Machine, port: int) -> None:
    """After the way back the unit is its owner's again, also after a boot, and nothing of ours is left."""
    folder = str(kept.folder)
    await kept.does(pins, folder)
    await kept.does(stops, folder, port)
    await kept.does(starts, folder, port, "1.2.0")
    await kept.does(stops, folder, port)
    await kept.does(unpins, folder)
    await kept.does(starts, folder, port, "1.1.0")
    await kept.reboot()
    assert (await serving(port)).version == "1.1.0"
    assert not (kept.units / f"{UNIT}.d").exists()
    assert not (kept.folder / systemd.ENVIRONMENT).exists()


async def test_no_secret_is_shown(kept: Machine) -> None:
    """What a pinned version is given stands in no drop-in and in nothing that systemd tells everybody."""
    await kept.does(pins, str(kept.folder))
    told = await kept.systemctl("show", UNIT) + await kept.systemctl("cat", UNIT)
    assert "two lines" not in told
    assert (kept.folder / systemd.ENVIRONMENT).stat().st_mode & 0o777 == 0o600


class Killed(BaseException):
    """The worker died here."""


async def outlives_deaths(folder: str, port: int) -> None:
    """Let a worker die before and after each command to systemd, and another begin the same act again."""
    acts: list[tuple[str, Callable[[SystemdSupervisor], Awaitable[object]]]] = [
        ("stop", lambda it: it.stop()),
        ("pin", lambda it: it.pin(installed(Path(folder), "1.2.0"), {"TOLD": "pinned"})),
        ("start", lambda it: it.start()),
        ("stop again", lambda it: it.stop()),
        ("unpin", lambda it: it.unpin()),
        ("start again", lambda it: it.start()),
    ]
    real, died = systemd.act, set[tuple[str, object, str]]()

    for name, act in acts:

        async def mortal(command: object, *rest: object, name: str = name) -> None:
            for moment in ("before", "after"):
                if (name, command, moment) not in died:
                    died.add((name, command, moment))
                    raise Killed
                if moment == "before":
                    await real(command, *rest)  # type: ignore[arg-type]

        systemd.act = mortal  # type: ignore[assignment]
        while True:
            try:
                await act(supervisor(folder))
                break
            except Killed:
                continue
        if name in {"stop", "stop again"}:
            assert process.listener(port) is None, name
        if name in {"start", "start again"}:
            assert (await serving(port)).version == ("1.2.0" if name == "start" else "1.1.0")
    assert len(died) > 2 * len(acts)


async def test_each_act_may_be_begun_again(kept: Machine, port: int) -> None:
    """Wherever a worker dies, the one that takes over brings about the same."""
    await kept.does(outlives_deaths, str(kept.folder), port)


async def is_overridden(folder: str) -> None:
    """Pin where the owner's own drop-in comes last."""
    with pytest.raises(StepFailed) as failure:
        await supervisor(folder).pin(installed(Path(folder), "1.2.0"), {})
    assert failure.value.problem.code == "pin-overridden"
    assert any(path.endswith("zzz-owner.conf") for path in failure.value.problem.seen)


async def test_a_drop_in_that_comes_last_is_told(kept: Machine, port: int) -> None:
    """A pin that the owner's own drop-in would override is no pin, and is told before anything is started."""
    owners = kept.units / f"{UNIT}.d" / "zzz-owner.conf"
    owners.parent.mkdir()
    owners.write_text("[Service]\nExecStart=\nExecStart=/bin/sleep 1000\n")
    await kept.does(is_overridden, str(kept.folder))
    assert (await answered(port)) is not None


REFUSED = {
    "forking": ("Type=forking", "Type=exec"),
    "oneshot": ("does not know its main process", "Type=exec"),
    "transient": ("transient", "into a file"),
    "socket": ("gateway.socket", "Disable"),
    "changed": ("not read", "daemon-reload"),
}


async def is_refused(port: int, why: str, todo: str) -> None:
    """Find that this cannot be acted on."""
    found = await detect((await serving(port)).pid)
    assert (found.verdict, found.by, found.problem().code) == ("refused", "systemd", "supervised"), found
    assert why in found.seen, found
    assert UNIT in found.seen
    assert todo in found.todo, found


@pytest.mark.parametrize("how", REFUSED)
async def test_what_cannot_be_handled_is_refused_by_name(machine: Machine, port: int, how: str) -> None:
    """A unit that a stop or a pin would not do right by is refused, with what to do about it."""
    node, script = installed(machine.folder, "1.1.0")
    text = TEXT.format(port=port, folder=machine.folder, command=f"{node} {script}")
    if how == "forking":
        text = text.replace("ExecStart=", "Type=forking\nExecStart=/bin/sh -c '\"$@\" &' sh ")
    if how == "oneshot":
        command = "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c '\"$@\" &' sh "
        text = text.replace("ExecStart=", command).replace("Restart=always\n", "")
    if how == "transient":
        options = ("-p", "Restart=always", f"--setenv=PORT={port}")
        await machine.does(runs_transiently, UNIT, *options, node, script)
    else:
        machine.unit(UNIT, text)
        if how == "socket":
            machine.unit("gateway.socket", f"[Socket]\nListenStream={machine.folder}/socket\n")
        await machine.systemctl("daemon-reload")
        await machine.systemctl("start", UNIT)
    await serving(port)
    if how == "changed":
        (machine.units / UNIT).write_text(f"{text}\n# changed\n")
    await machine.does(is_refused, port, *REFUSED[how])


async def runs_transiently(unit: str, *words: str) -> None:
    """Start a unit that has no file."""
    await shell.run(["systemd-run", f"--unit={unit}", *words], env=inherited(), deadline=20)


async def is_nobodys(port: int) -> None:
    """Find that nobody starts the gateway again."""
    found = await detect((await serving(port)).pid)
    assert found.verdict == "nobody", found


async def test_a_process_left_in_another_unit_is_nobodys(machine: Machine, port: int) -> None:
    """A gateway that a worker's unit holds only because the worker started it is not what that unit keeps."""
    node, script = installed(machine.folder, "1.1.0")
    begin = f"/bin/sh -c 'setsid sh -c \"PORT={port} {node} {script} & exec sleep 0.1\" & exec sleep 1000'"
    machine.unit("worker.service", f"[Service]\nExecStart={begin}\nRestart=always\nKillMode=process\n")
    await machine.systemctl("daemon-reload")
    await machine.systemctl("start", "worker.service")
    await serving(port)
    await machine.does(is_nobodys, port)


async def is_roots(port: int) -> None:
    """Find, as a user without rights, that only root may stop the unit."""
    import os

    pid = (await serving(port)).pid
    os.setresuid(65534, 65534, 65534)
    found = await detect(pid)
    assert (found.verdict, found.by) == ("refused", "systemd"), found
    assert "as root" in found.todo


async def test_a_worker_that_may_not_act_says_so(kept: Machine, port: int) -> None:
    """A worker that is not root finds the unit, and says what it needs to act on it."""
    await kept.has_bus()
    await kept.does(is_roots, port)


async def tells_what_is_hidden(folder: str) -> None:
    """Ask which trees the unit's user can reach."""
    it, tree = supervisor(folder), Path(folder, "1.1.0")
    tree.chmod(0o755)
    assert await it.hidden("/usr/bin/env") is None
    tree.chmod(0o700)
    assert await it.hidden("/usr/bin/env", str(tree / "answering.js")) == (
        f"the user nobody of {UNIT} may not read {tree / 'answering.js'}"
    )
    assert await it.hidden("/root/tree") == f"{UNIT} has ProtectHome=yes, which hides /root/tree"


async def test_a_tree_out_of_reach_is_told(machine: Machine) -> None:
    """A tree that the unit's user may not read, or that the unit hides, is known before anything stops."""
    installed(machine.folder, "1.1.0")
    machine.unit(UNIT, "[Service]\nUser=nobody\nProtectHome=yes\nExecStart=/bin/sleep 1000\n")
    await machine.systemctl("daemon-reload")
    await machine.does(tells_what_is_hidden, str(machine.folder))


USER_MANAGER = """\
[Service]
Slice=user-0.slice
Type=simple
Environment=HOME={folder} XDG_RUNTIME_DIR=/run/user/0 SYSTEMD_UNIT_PATH={folder}/.config/systemd/user
ExecStartPre=mkdir -p /run/user/0
ExecStart=/lib/systemd/systemd --user --unit=basic.target
Delegate=yes
TimeoutStopSec=1
KillMode=mixed
"""


async def is_the_users(folder: str, port: int) -> None:
    """Find, stop, pin and start a unit of a user's own systemd."""
    found = await detect((await serving(port)).pid)
    assert found.supervisor == SystemdService(UNIT, "user"), found
    it = SystemdSupervisor(SystemdService(UNIT, "user"), Path(folder))
    await it.stop()
    assert await stays_away(port)
    await it.pin(installed(Path(folder), "1.2.0"), {"TOLD": "pinned"})
    assert await it.start() == (await serving(port)).pid
    answer = await serving(port)
    assert (answer.version, answer.told, answer.cwd) == ("1.2.0", "pinned", folder)


async def test_a_users_own_systemd(machine: Machine, port: int) -> None:
    """A unit of a user's own systemd is handled as well, by a worker of that user."""
    own = machine.folder / ".config" / "systemd" / "user"
    own.mkdir(parents=True)
    command = " ".join(installed(machine.folder, "1.1.0"))
    (own / UNIT).write_text(TEXT.format(port=port, folder=machine.folder, command=command))
    wanted = own / "basic.target.wants"
    wanted.mkdir()
    (wanted / UNIT).symlink_to(own / UNIT)
    for target in ("basic", "shutdown"):
        (own / f"{target}.target").write_text("[Unit]\nDefaultDependencies=no\nAllowIsolate=yes\n")
    machine.unit("user@0.service", USER_MANAGER.format(folder=machine.folder))
    await machine.reboot()
    await machine.does(is_the_users, str(machine.folder), port)
    await machine.reboot()
    assert (await serving(port)).version == "1.2.0"
