"""The product's own check of an instance, run as its gateway is."""

from collections.abc import Sequence
from pathlib import Path

from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.workers.kinds.doctor import DOCTOR_SECONDS, doctor_answer
from astrolabe.workers.kinds.npm.program import Call
from astrolabe.workers.programs import shell


async def run_doctor(call: Call, folder: Path, user: ProcessUser | None, secrets: Sequence[str]) -> tuple[bool, str]:
    """Run the check in a folder as a user; return whether it found all well, and what it said without the secrets."""
    try:
        ended = await shell.run(
            call.command,
            env=call.env,
            cwd=folder,
            deadline=DOCTOR_SECONDS,
            secrets=secrets,
            user=user,
            check=False,
        )
    except shell.CommandProblem as error:
        return False, str(error)
    return doctor_answer(ended.returncode, ended.stdout + ended.stderr)
