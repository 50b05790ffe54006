"""Logging in: a file instead of variables, which nobody else reads and no output shows."""

import json
import os
import stat
from pathlib import Path

import pytest

from astrolabe.cli.contexts import Context, Contexts, place, reached, read_contexts, write_contexts
from astrolabe.cli.failure import CommandError
from astrolabe.store.settings import DEFAULT_URL, Settings
from astrolabe.workers.programs.shell import Finished
from tests.cli.terminal import at_terminal
from tests.cli.test_commands import astrolabe
from tests.cli.typed import piped

SECRET = "astro_a-secret-of-a-test"


async def given(token: str, *words: str, **environment: str) -> Finished:
    """Run a command that reads a token."""
    return await piped(*words, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment}, said=token)


async def test_whoever_logged_in_needs_no_variables(relayed: dict[str, str], tmp_path: Path) -> None:
    """The token is tried, kept for its owner alone, used, and in no output."""
    token, url = relayed["ASTROLABE_TOKEN"], relayed["ASTROLABE_URL"]
    home = {"XDG_CONFIG_HOME": str(tmp_path)}
    made = await given(f"{token}\n", "login", url, "--context", "home", **home)
    assert made.returncode == 0, made.stderr
    file = tmp_path / "astrolabe" / "contexts.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    listed = await astrolabe("context", "list", "--json", **home)
    assert json.loads(listed.stdout) == {"context": "home", "url": url, "current": True}
    assert (await astrolabe("instances", **home)).returncode == 0
    removed = await astrolabe("context", "remove", "home", **home)
    assert (await astrolabe("instances", **home)).returncode == 2
    for each in (made, listed, removed):
        assert token not in each.stdout + each.stderr
    assert token not in file.read_text()


async def test_a_token_that_is_typed_is_not_shown(relayed: dict[str, str], tmp_path: Path) -> None:
    """A person types it blindly."""
    token, url = relayed["ASTROLABE_TOKEN"], relayed["ASTROLABE_URL"]
    code, seen = await at_terminal(("login", url), {"XDG_CONFIG_HOME": str(tmp_path)}, token)
    assert (code, "Commands ask" in seen, token in seen) == (0, True, False), seen
    assert read_contexts(Settings(config_home=tmp_path)).current == "127.0.0.1"


@pytest.mark.parametrize("word", ["astro_wrong", "", "two words"])
async def test_a_token_that_is_refused_is_not_kept(word: str, relayed: dict[str, str], tmp_path: Path) -> None:
    """One line, exit code 2, and what was kept before stays."""
    ended = await given(word, "login", relayed["ASTROLABE_URL"], XDG_CONFIG_HOME=str(tmp_path))
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
    assert not (tmp_path / "astrolabe").exists()


@pytest.mark.parametrize("url", ["here", "ftp://there", "https://user:word@there"])
async def test_what_is_no_address_is_refused(url: str, tmp_path: Path) -> None:
    """Also one that carries a secret, which would be shown again."""
    ended = await given(SECRET, "login", url, XDG_CONFIG_HOME=str(tmp_path))
    assert (ended.returncode, "is no address" in ended.stderr) == (2, True)


def kept(folder: Path) -> Contexts:
    """Keep two contexts in a folder."""
    known = Contexts().adding("home", Context("https://home", SECRET)).adding("work", Context("https://work", SECRET))
    write_contexts(Settings(config_home=folder), known)
    return known


@pytest.mark.parametrize(
    ("set_here", "url", "token"),
    [
        ({}, "https://work", SECRET),
        ({"context": "home"}, "https://home", SECRET),
        ({"token": "astro_mine"}, DEFAULT_URL, "astro_mine"),
        ({"url": "https://else"}, "https://else", ""),
        ({"url": "https://else", "token": "astro_mine", "context": "home"}, "https://else", "astro_mine"),
    ],
)
def test_variables_come_first(set_here: dict[str, str], url: str, token: str, tmp_path: Path) -> None:
    """And no token that was kept for one address is sent to another."""
    kept(tmp_path)
    found = reached(Settings(config_home=tmp_path, **set_here))  # pyright: ignore[reportArgumentType]  texts alone
    assert (found.url, found.token) == (url, token)


def test_nobody_has_logged_in(tmp_path: Path) -> None:
    """An Astrolabe on this machine is asked, and refuses who does not say who they are."""
    assert reached(Settings(config_home=tmp_path)).url == DEFAULT_URL


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(mode: int, tmp_path: Path) -> None:
    """Its tokens may be known already."""
    kept(tmp_path)
    place(Settings(config_home=tmp_path)).chmod(mode)
    with pytest.raises(CommandError, match="chmod 600") as refused:
        read_contexts(Settings(config_home=tmp_path))
    assert SECRET not in str(refused.value)


def test_a_damaged_file_is_told_without_its_content(tmp_path: Path) -> None:
    """It may hold half a token."""
    kept(tmp_path)
    place(Settings(config_home=tmp_path)).write_text(f'{{"current": "{SECRET}')
    with pytest.raises(CommandError, match="damaged") as refused:
        read_contexts(Settings(config_home=tmp_path))
    assert SECRET not in str(refused.value)


def test_a_context_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    """Whoever mistypes sees what there is."""
    known = kept(tmp_path)
    for change in (known.using, known.without):
        with pytest.raises(CommandError, match="there are home, work"):
            change("wrok")
    assert known.without("work").chosen is None
    assert known.without("home").chosen == Context("https://work", SECRET)
    assert SECRET not in repr(known)
