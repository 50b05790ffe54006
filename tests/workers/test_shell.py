"""Started commands: their output, their end, and that nothing is left behind."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest
from msgspec.structs import replace

from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.programs.output import Output, Redactor
from astrolabe.workers.programs.umask import close_to_others
from tests.lacking import another_user
from tests.waiting import ended, gone, until

PYTHON = [sys.executable, "-c"]


async def test_pipes_are_kept_apart_and_streamed() -> None:
    """A command's two pipes are kept apart, and every line of both is handed on."""
    lines: list[str] = []
    script = "import sys; print('{\"a\": 1}'); print('warn', file=sys.stderr)"
    finished = await shell.run([*PYTHON, script], env=inherited(), deadline=10, on_line=lines.append)
    assert finished.stdout == '{"a": 1}\n'
    assert finished.stderr == "warn\n"
    assert sorted(lines) == ["warn", '{"a": 1}']
    assert finished.returncode == 0


async def test_lines_arrive_while_the_command_runs() -> None:
    """A line is handed on when it is printed, not when the command ends."""
    seen = asyncio.Event()
    script = "import time; print('begun', flush=True); time.sleep(60)"
    task = asyncio.create_task(shell.run([*PYTHON, script], env=inherited(), deadline=60, on_line=lambda _: seen.set()))
    async with asyncio.timeout(30):
        await seen.wait()
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_long_line_and_foreign_bytes() -> None:
    """A line of a megabyte and bytes that are no UTF-8 pass, and the kept text is what was printed."""
    script = "import sys; sys.stdout.buffer.write(b'x' * 1_000_000 + b'\\xff\\n' + b'end without newline')"
    finished = await shell.run([*PYTHON, script], env=inherited(), deadline=10, keep=2_000_000)
    assert finished.stdout == "x" * 1_000_000 + "\ufffd\nend without newline"


async def test_only_the_end_is_kept() -> None:
    """What is kept of a long output is its end."""
    finished = await shell.run([*PYTHON, "for n in range(10_000): print(n)"], env=inherited(), deadline=10, keep=100)
    assert finished.stdout.endswith("9998\n9999\n")
    assert len(finished.stdout) <= 105


async def test_secrets_are_redacted_everywhere() -> None:
    """A secret appears in no line, no kept text, no argv and no exception, also when it is percent-encoded."""
    secret = "p@ss/w:rd"
    lines: list[str] = []
    script = "import sys; print(sys.argv[1], 'p%40ss%2Fw%3Ard'); print(sys.argv[1], file=sys.stderr); sys.exit(3)"
    with pytest.raises(shell.CommandFailed) as failure:
        await shell.run(
            [*PYTHON, script, secret], env=inherited(), deadline=10, secrets=[secret, ""], on_line=lines.append
        )
    shown = repr((lines, failure.value.argv, failure.value.tail, str(failure.value)))
    assert secret not in shown
    assert "p%40ss" not in shown.replace(script, "")
    assert "[REDACTED] [REDACTED]" in lines
    assert failure.value.returncode == 3


@pytest.mark.parametrize("step", [1, 7, 1000, 65_000])
def test_a_secret_across_a_cut_is_redacted(step: int) -> None:
    """A secret is found wherever the chunks of a line without an end happen to be cut."""
    secret = "correct horse battery staple"
    pieces: list[str] = []
    output = Output(Redactor([secret]), 1 << 20, pieces.append)
    text = ("-" * 65_530 + secret + "-" * 9_000).encode()
    for start in range(0, len(text), step):
        output.feed(text[start : start + step])
    output.feed(b"", final=True)
    assert "".join(pieces) == "-" * 65_530 + "[REDACTED]" + "-" * 9_000
    assert output.text == "".join(pieces)


async def test_a_command_gets_only_what_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of our own environment reaches a command but the documented names."""
    monkeypatch.setenv("ASTROLABE_SECRET", "leaks")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("LC_TIME", "C")
    script = "import os; print(*os.environ, sep='\\n')"
    finished = await shell.run([*PYTHON, script], env=inherited(), deadline=10)
    names = set(finished.stdout.split())
    assert {"https_proxy", "LC_TIME", "PATH"} <= names
    assert "ASTROLABE_SECRET" not in names


async def test_stdin_is_empty() -> None:
    """A command that reads its standard input finds the end at once instead of waiting for a person."""
    finished = await shell.run([*PYTHON, "print(repr(input('name? ')))"], env=inherited(), deadline=10, check=False)
    assert "EOFError" in finished.stderr
    assert finished.returncode == 1


async def test_stdout_into_a_file(tmp_path: Path) -> None:
    """A command's output goes into a file as it is, readable by its owner only."""
    target = tmp_path / "out"
    await shell.run([*PYTHON, "print('data')"], env=inherited(), deadline=10, stdout=target)
    assert target.read_bytes() == b"data\n"
    assert target.stat().st_mode & 0o777 == 0o600


async def test_a_missing_program_is_named(tmp_path: Path) -> None:
    """A program that is not there, or is none, is named in one sentence."""
    with pytest.raises(shell.CommandNotFound, match="no-such-program could not be started"):
        await shell.run(["no-such-program"], env=inherited(), deadline=10)
    with pytest.raises(shell.CommandNotFound, match=f"{tmp_path}/nowhere"):
        await shell.run([*PYTHON, ""], env=inherited(), deadline=10, cwd=tmp_path / "nowhere")
    empty = tmp_path / "empty"
    empty.touch(0o755)
    with pytest.raises(shell.CommandNotFound, match="empty could not be started"):
        await shell.run([empty], env=inherited(), deadline=10)


FAMILY = """
trap '' TERM
(echo ready; exec sleep 600) &
echo $$ $!
exec sleep 600
"""
"""A shell, which is there at once on a busy machine, too; what it ignores its child and what it becomes ignore."""


async def test_the_deadline_ends_the_whole_group() -> None:
    """At its deadline a command and its stubborn grandchild are gone."""
    lines: list[str] = []
    with pytest.raises(shell.CommandTimedOut, match="after 1 seconds"):
        await shell.run(["sh", "-c", FAMILY], env=inherited(), deadline=1, grace=0.2, on_line=lines.append)
    pids = next(line for line in lines if line != "ready").split()
    assert len(pids) == 2
    await until(lambda: all(ended(int(pid)) for pid in pids))
    assert gone(int(pids[0]))


async def test_cancellation_ends_the_whole_group() -> None:
    """A cancelled command and its stubborn grandchild are gone."""
    lines: list[str] = []
    task = asyncio.create_task(
        shell.run(["sh", "-c", FAMILY], env=inherited(), deadline=60, grace=0.2, on_line=lines.append)
    )
    await until(lambda: len(lines) == 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    pids = next(line for line in lines if line != "ready").split()
    await until(lambda: all(ended(int(pid)) for pid in pids))


async def test_a_failing_listener_ends_the_command() -> None:
    """An error in what listens to the lines ends the command and is raised."""

    def refuse(line: str) -> None:
        raise ValueError(line)

    script = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    with pytest.raises(ValueError, match=r"\d+") as failure:
        await shell.run([*PYTHON, script], env=inherited(), deadline=60, on_line=refuse)
    assert gone(int(str(failure.value)))


async def test_a_leftover_that_holds_the_pipe_does_not_hold_us(tmp_path: Path) -> None:
    """A daemon that keeps a command's pipe open does not keep us waiting."""
    pidfile = tmp_path / "pid"
    script = (
        "import subprocess, sys, pathlib; child = subprocess.Popen([sys.executable, '-c', 'import time; "
        f"time.sleep(600)'], start_new_session=True); pathlib.Path({str(pidfile)!r}).write_text(str(child.pid))"
    )
    try:
        finished = await shell.run([*PYTHON, script], env=inherited(), deadline=30)
        assert finished.seconds < 10
    finally:
        os.kill(int(pidfile.read_text()), signal.SIGKILL)


WORKER = """
import asyncio, sys
from pathlib import Path
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited

async def main():
    log = Path(sys.argv[1])
    gateway = shell.spawn([sys.executable, "-c", "import time; time.sleep(600)"], env=inherited(), log=log)
    print("gateway", gateway, flush=True)
    script = "import os, time; print('command', os.getpid(), flush=True); time.sleep(600)"
    await shell.run([sys.executable, "-c", script], env=inherited(), deadline=600,
                    on_line=lambda line: print(line, flush=True))
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child at its parent's death")
async def test_a_killed_worker_leaves_its_gateway_and_no_command(tmp_path: Path) -> None:
    """After kill -9 of a worker the command it ran is gone, and the gateway it started still runs."""
    log = tmp_path / "worker.log"
    root = str(Path(__file__).parents[2])
    worker = shell.supervise(
        [*PYTHON, WORKER, str(tmp_path / "gateway.log")], env=inherited() | {"PYTHONPATH": root}, log=log
    )
    await until(lambda: log.read_text().count("\n") == 2)
    pids = {name: int(pid) for name, pid in (line.split() for line in log.read_text().splitlines())}
    try:
        worker.signal(signal.SIGKILL)
        assert await worker.wait() == -signal.SIGKILL
        await until(lambda: ended(pids["command"]))
        assert not ended(pids["gateway"])
    finally:
        os.kill(pids["gateway"], signal.SIGKILL)


async def test_a_spawned_process_is_reaped_and_its_code_known(tmp_path: Path) -> None:
    """A spawned process that ends leaves no dead entry behind, only its code and its log."""
    log = tmp_path / "log"
    log.write_text("before\n")
    pid = shell.spawn([*PYTHON, "print('hello'); raise SystemExit(7)"], env=inherited(), log=log)
    await until(lambda: shell.exit_code(pid) is not None)
    assert shell.exit_code(pid) == 7
    assert gone(pid)
    assert log.read_text() == "before\nhello\n"


async def test_a_spawned_process_leaves_its_mark_before_it_begins(tmp_path: Path) -> None:
    """The program finds its own mark, under its own process id and with its words as they were given."""
    mark, log = tmp_path / "a b.started", tmp_path / "log"
    script = "import os, sys; print(os.getpid(), os.path.exists(sys.argv[1]), sys.argv[2:])"
    pid = shell.spawn([*PYTHON, script, mark, "$HOME", "two words"], env=inherited(), log=log, mark=mark)
    await until(lambda: shell.exit_code(pid) is not None)
    assert log.read_text().strip() == f"{pid} True ['$HOME', 'two words']"


async def test_the_code_of_a_spawned_process_outlives_us(tmp_path: Path) -> None:
    """Whoever takes over reads the code that it ended with by itself; what it says goes to its log alone."""
    log, mark, code = (tmp_path / name for name in ("log", "mark", "code"))
    script = "import sys; print('out', flush=True); print('err', file=sys.stderr); raise SystemExit(3)"
    shell.spawn([*PYTHON, script], env=inherited(), log=log, mark=mark, code=code)
    await until(lambda: code.read_text() == "3\n")
    assert mark.exists()
    assert log.read_text() == "out\nerr\n"


async def test_a_program_whose_mark_cannot_be_made_never_begins(tmp_path: Path) -> None:
    """Where the disk takes no mark, nothing is started that could be forgotten."""
    log = tmp_path / "log"
    mark = tmp_path / "nowhere" / "mark"
    pid = shell.spawn([*PYTHON, "print('begun')"], env=inherited(), log=log, mark=mark)
    await until(lambda: shell.exit_code(pid) is not None)
    assert shell.exit_code(pid)
    assert "begun" not in log.read_text()


async def test_a_spawned_process_inherits_no_open_file(tmp_path: Path) -> None:
    """A spawned process holds no file of ours, only its log and an empty input."""
    with (tmp_path / "ours").open("w") as ours:
        os.set_inheritable(ours.fileno(), True)
        log = tmp_path / "log"
        pid = shell.spawn([*PYTHON, "import time; print(flush=True); time.sleep(600)"], env=inherited(), log=log)
        try:
            await until(lambda: log.read_text() != "")
            assert [file.path for file in psutil.Process(pid).open_files()] == [str(log)] * 2
            assert os.getsid(pid) == pid
        finally:
            os.kill(pid, signal.SIGKILL)
    await until(lambda: shell.exit_code(pid) == -signal.SIGKILL)


async def test_a_supervised_child_is_asked_then_killed(tmp_path: Path) -> None:
    """A child that ignores the request to stop is killed after its grace period."""
    log = tmp_path / "log"
    child = shell.supervise(["sh", "-c", FAMILY], env=inherited(), log=log)
    await until(lambda: log.exists() and log.read_text().count("\n") == 2)
    assert child.returncode is None
    assert await child.stop(grace=0.2) == -signal.SIGKILL
    child.signal(signal.SIGTERM)
    assert gone(child.pid)


async def test_a_process_that_root_spawns_as_another_is_so_from_its_first_program_on(tmp_path: Path) -> None:
    """What a variable makes every program load is loaded once: nothing runs as root in between."""
    user = replace(another_user(), groups=(60_999,), umask=0o027)
    log, mark = tmp_path / "log", tmp_path / "mark"
    env = {"PATH": "/usr/bin:/bin", "LD_PRELOAD": "/loaded-by-each-program.so"}
    pid = shell.spawn(["cat", "/proc/self/status"], env=env, log=log, mark=mark, cwd=Path("/"), user=user)
    await until(lambda: shell.exit_code(pid) is not None)
    said = log.read_text()
    assert said.count("/loaded-by-each-program.so") == 1
    shown = {name: value.split() for name, _, value in (line.partition(":") for line in said.splitlines())}
    assert (shown["Uid"], shown["Gid"]) == ([str(user.uid)] * 4, [str(user.gid)] * 4)
    assert (shown["Groups"], shown["Umask"], shown["CapEff"]) == (["60999"], ["0027"], ["0" * 16])
    assert (mark.stat().st_uid, mark.stat().st_mode & 0o777) == (0, 0o600)
    assert (log.stat().st_uid, log.stat().st_mode & 0o777) == (user.uid, 0o600)


def test_what_is_started_has_the_umask_that_we_were_started_with(tmp_path: Path) -> None:
    """Our own files are closed to others, and those of gateways and commands as their owner wants."""
    before = os.umask(0o022)
    child = os.fork()
    if child == 0:  # the umask is the whole process's
        try:
            close_to_others()
            (tmp_path / "ours").touch()
            asyncio.run(shell.run(["touch", tmp_path / "theirs"], env=inherited(), deadline=30))
        finally:
            os._exit(0)
    os.umask(before)
    os.waitpid(child, 0)
    assert [(tmp_path / each).stat().st_mode & 0o777 for each in ("ours", "theirs")] == [0o600, 0o644]
