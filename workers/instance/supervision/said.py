"""What a supervisor's own commands said, or why they could not be run."""

from collections.abc import Mapping, Sequence

from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.output import Redactor

ASK_SECONDS = 30.0
ACT_SECONDS = 180.0
"""A supervisor waits for its process to end, and kills it after a time of its own."""

LONGEST_ANSWER = 1 << 24
TODO = "Find out why the supervisor refuses, then retry."


async def ask(argv: Sequence[str], env: Mapping[str, str], secrets: Sequence[str]) -> str:
    """Ask a supervisor; the answer is for reading only, with every secret still in it. Raises StepFailed."""
    try:
        return (await shell.run(argv, env=env, deadline=ASK_SECONDS, keep=LONGEST_ANSWER)).stdout
    except shell.CommandProblem as problem:
        raise _failed(problem, Redactor(secrets)) from None


async def act(argv: Sequence[str], env: Mapping[str, str], secrets: Sequence[str]) -> None:
    """Let a supervisor do something; raises StepFailed."""
    try:
        await shell.run(argv, env=env, deadline=ACT_SECONDS, secrets=secrets)
    except shell.CommandProblem as problem:
        raise _failed(problem, Redactor(secrets)) from None


def _failed(problem: shell.CommandProblem, redact: Redactor) -> StepFailed:
    said = [redact(line) for line in problem.tail.splitlines()]
    return StepFailed("supervisor-failed", redact(f"{' '.join(problem.argv)}: {problem}"), seen=said, todo=TODO)
