"""Who keeps a gateway alive where process 1 is no init, or hides with all that is not one's own."""

import asyncio
import os
import sys
import time
from pathlib import Path

import msgspec
import psutil
import pytest

from astrolabe.domain.supervision.supervision import Supervision
from astrolabe.workers.instance.supervision.detection import detect
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from tests.lacking import lacks

USER = 65_534
BOOT = """\
mount -t proc -o "hidepid=$HIDEPID" proc /proc
setpriv --reuid=65534 --regid=65534 --clear-groups setsid --fork sh -c "$STARTED"
"$PYTHON" -c "import {module} as module; module.judge()"
"""
AS_A_SERVICE, IN_A_SESSION = "exec sleep 60", "sleep 60 & echo begun"


def judge() -> None:
    """Print who keeps what sleeps on this machine, as a user who sees nothing but what is their own."""
    while not (asleep := [each for each in psutil.process_iter() if each.name() == "sleep" and each.ppid() == 1]):
        time.sleep(0.01)
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(detect(asleep[0].pid))))


async def judged(hidepid: int, started: str) -> Supervision:
    """Start a gateway on a machine whose process 1 is a shell; who keeps it."""
    if sys.platform != "linux" or os.geteuid() != 0:
        lacks("only root makes namespaces")
    options = ("unshare", "--fork", "--pid", "--mount", "--kill-child=SIGKILL")
    own = {"PYTHON": sys.executable, "PYTHONPATH": str(Path(__file__).parents[3])}
    env = {**inherited(), **own, "HIDEPID": str(hidepid), "STARTED": started}
    ended = await shell.run([*options, "sh", "-ec", BOOT.format(module=__name__)], env=env, deadline=30)
    return msgspec.json.decode(ended.stdout.rpartition("\n")[2], type=Supervision)


@pytest.mark.parametrize("hidepid", [0, 1, 2])
async def test_what_process_1_may_have_started_is_unknown_with_advice_for_such_a_machine(hidepid: int) -> None:
    """It leads a session of its own: whether process 1 starts it again cannot be seen; what can be, is said."""
    found = await judged(hidepid, AS_A_SERVICE)
    assert (found.verdict, found.by) == ("unknown", "unknown"), found
    assert "process 1 " in found.seen
    assert found.todo.startswith("Start it anew where it is seen who keeps it: from a terminal (nohup COMMAND &)")


@pytest.mark.parametrize("hidepid", [0, 1, 2])
async def test_what_was_begun_in_a_session_that_has_ended_is_nobodys(hidepid: int) -> None:
    """As that advice has it: process 1 has only adopted it, whether it shows itself or not."""
    found = await judged(hidepid, IN_A_SESSION)
    assert (found.verdict, found.by) == ("nobody", "nobody"), found
