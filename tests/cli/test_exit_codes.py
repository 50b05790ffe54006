"""Exit codes, over all commands and all ends of an upgrade."""

import os
from pathlib import Path

import click
import pytest

from astrolabe.cli.commands.upgrades import ARRIVED, judge
from astrolabe.cli.exit_codes import ExitCode
from astrolabe.cli.main import SERVING
from astrolabe.domain.upgrades.upgrade_row import DONE
from tests.cli.commands_page import leaves
from tests.cli.typed import piped

COMMANDS = dict(leaves())
ON_THIS_HOST = SERVING | {
    *("completion", "context list", "discover", "doctor", "login", "notify occasions", "products"),
}
"""Commands that ask no Astrolabe, or need no answer."""

ENDS = {
    "succeeded": ExitCode.DONE,
    "refused": ExitCode.REFUSED,
    "rejected": ExitCode.UNWANTED,
    "expired": ExitCode.UNWANTED,
    "failed": ExitCode.UNWANTED,
    "cancelled": ExitCode.UNWANTED,
    "rolled_back": ExitCode.UNWANTED,
    "inconsistent": ExitCode.UNWANTED,
    "unwell": ExitCode.UNWANTED,
}
"""With which code whoever waits for an upgrade is answered, by how it ends."""


def ended(status: str) -> dict[str, object]:
    """Return an upgrade that ended so."""
    return {"status": status, "error": {"detail": "npm said no", "todo": ""}, "result": None}


def code_of(status: str, *wanted: str, **instead: str) -> int:
    """Return the exit code of a command that waited for an upgrade to end as wanted."""
    try:
        judge(ended(status), wanted, instead)
    except click.ClickException as failure:
        return failure.exit_code
    return ExitCode.DONE


@pytest.mark.parametrize("status", sorted(DONE))
def test_an_upgrade_that_is_refused_is_a_refusal_and_one_that_fails_a_failure(status: str) -> None:
    """Each end has its code; whoever wanted it so is content with any."""
    assert code_of(status, "succeeded") == ENDS[status]
    assert code_of(status, status) == ExitCode.DONE


@pytest.mark.parametrize("status", ARRIVED)
def test_a_rollback_that_is_refused_is_a_refusal(status: str) -> None:
    """It leaves the upgrade as it was; one that ends otherwise has failed."""
    names = dict.fromkeys(ARRIVED, "not rolled back")
    assert code_of(status, "rolled_back", **names) == ExitCode.REFUSED
    assert code_of("inconsistent", "rolled_back", **names) == ExitCode.UNWANTED


def environment(home: Path) -> dict[str, str]:
    """Return that of somebody whose Astrolabe does not answer."""
    reached = {"ASTROLABE_URL": "http://127.0.0.1:1", "ASTROLABE_TOKEN": "astro_x", "ASTROLABE_DATA": str(home)}
    return {"PATH": os.environ["PATH"], "HOME": str(home), **reached}


@pytest.mark.parametrize("words", COMMANDS)
async def test_a_word_that_a_command_does_not_know_is_refused(words: str, tmp_path: Path) -> None:
    """Exit code 2, and one line."""
    typed = await piped(*words.split(), "--no-such-option", env=environment(tmp_path))
    assert typed.returncode == ExitCode.REFUSED
    assert typed.stderr.startswith("astrolabe: No such option")
    assert (len(typed.stderr.splitlines()), typed.stdout) == (1, "")


@pytest.mark.parametrize("words", ["", "token", "audit"])
async def test_a_group_alone_shows_its_commands(words: str, tmp_path: Path) -> None:
    """As it does with --help, and as a refusal, for nothing was done."""
    alone = await piped(*words.split(), env=environment(tmp_path))
    helped = await piped(*words.split(), "--help", env=environment(tmp_path))
    assert (alone.returncode, alone.stderr, alone.stdout) == (ExitCode.REFUSED, helped.stdout, "")


@pytest.mark.parametrize("words", sorted(COMMANDS.keys() - ON_THIS_HOST))
async def test_what_cannot_be_asked_or_found_is_refused(words: str, tmp_path: Path) -> None:
    """Whether nobody answers, or there is no such file: exit code 2, and one line."""
    typed = [word for each in COMMANDS[words].params for word in needed(each)]
    refused = await piped(*words.split(), *typed, env=environment(tmp_path))
    assert refused.returncode == ExitCode.REFUSED, refused
    assert (len(refused.stderr.splitlines()), refused.stdout) == (1, ""), refused


def needed(parameter: click.Parameter) -> list[str]:
    """Return what must be typed of a parameter."""
    if isinstance(parameter, click.Argument):
        return ["x1"]
    return ["--yes"] if "--yes" in parameter.opts else [parameter.opts[0], "x1"] if parameter.required else []
