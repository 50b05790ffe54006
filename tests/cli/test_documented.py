"""Every command that README and docs show is one: ours by our own parser, each of others' for a reason that is here."""

import re
import shlex
from collections.abc import Iterator

import click
import msgspec
import pytest
from msgspec import UNSET

from astrolabe.api.app import create_app
from astrolabe.api.upgrades.routes import UpgradeRequest
from astrolabe.cli.main import astrolabe
from tests.cli.documented import PROJECT, Documented, documented

PROCESSES = frozenset({"astrolabe fork-server"})
"""What begins as a command does and is the title of a process."""

COMMANDS = tuple(dict.fromkeys(documented()))
OURS = tuple(
    each
    for each in COMMANDS
    if each.words[0].rpartition("/")[2] == "astrolabe" and shlex.join(each.words) not in PROCESSES
)

RESTORED = "a dump of the log is restored by tests/store/test_dump.py"
COMPOSE = "needs Docker; the image is run by tests/test_image.py and tests/e2e/test_own_image.py"
CLIENT = "generated and used by tests/interop/test_python_client.py"
GO = "needs Go; built and run by tests/interop/test_go.py"
SIGNED = "shell around openssl; signatures are checked by tests/workers/test_signing.py"
SHELL = "the shell's own"
OTHERS = {
    "apt-get": GO,
    "base64": SIGNED,
    "cat": SIGNED,
    "createdb": RESTORED,
    "createuser": RESTORED,
    "curl": "below",
    "docker": COMPOSE,
    "echo": SHELL,
    "export": SHELL,
    "go": GO,
    "jq": GO,
    "make": "below",
    "mkdir": SHELL,
    "openapi-python-client": CLIENT,
    "openssl": SIGNED,
    "pg_dump": RESTORED,
    "pg_restore": RESTORED,
    "pipx": "needs a package index that has it; the wheel is installed and run by tests/e2e/test_wheel.py",
    "printf": CLIENT,
    "tar": "copies files",
    "umask": SHELL,
    "verify": GO,
    "{": SIGNED,
    "}": SIGNED,
}
"""Commands of others by their first word: why they are not typed here, and what is looked at in their place."""


def parse(each: Documented) -> None:
    """Read a command as we read it when it is typed; raises UsageError where it is none."""
    command: click.Command = astrolabe
    words = list(each.words[1:])
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            raise click.UsageError(f"{words[0]} is no command")
        command, words = found, words[1:]
    given, left, _ = command.make_parser(click.Context(command)).parse_args(words)
    arguments = [one for one in command.params if isinstance(one, click.Argument) and one.required]
    missing = [one.name for one in arguments if one.name and not _is_given(given.get(one.name))]
    if each.whole and (left or missing):
        raise click.UsageError(f"{left} too much, {missing} missing")


def _is_given(value: object) -> bool:
    return value not in {None, UNSET} and "UNSET" not in repr(value)


@pytest.mark.parametrize("each", OURS, ids=str)
def test_our_own_parser_takes_what_the_page_shows(each: Documented) -> None:
    """The command is there, with these options, and with all that it must be given."""
    parse(each)


@pytest.mark.parametrize(
    "words", ["astrolabe upgarde flags", "astrolabe plan flags 1.0.0 --fast", "astrolabe plan", "astrolabe plan a b c"]
)
def test_what_is_no_command_is_found(words: str) -> None:
    """A word that is wrong, an option that is not there, too few words and too many."""
    with pytest.raises(click.UsageError):
        parse(Documented("a page", tuple(words.split()), whole=True))


def test_no_command_of_others_is_left_out_silently() -> None:
    """Each has its reason above, and no reason is left of a command that no page shows any more."""
    shown = {each.words[0].rpartition("/")[2] for each in COMMANDS} - {"astrolabe"}
    assert shown == set(OTHERS)


def test_every_target_of_make_is_there() -> None:
    """What a page says to make can be made."""
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    targets = {*re.findall(r"(?m)^([a-z][\w-]*):", makefile), ".venv/ready"}
    pages = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *(PROJECT / "docs").glob("*.md")]
    named = {word for page in pages for word in re.findall(r"`make ([\w./-]+)", page.read_text("utf-8"))}
    assert named <= targets, named - targets


def requests() -> Iterator[tuple[Documented, str, str | None]]:
    """What pages have curl ask: the path, and the body."""
    for each in COMMANDS:
        if each.words[0] == "curl":
            (address,) = [word for word in each.words if re.match(r"\$\w+/", word)]
            words = dict(zip(each.words, each.words[1:], strict=False))
            yield each, "/" + address.partition("/")[2], words.get("-d")


def test_what_curl_asks_is_a_route_and_what_it_sends_a_body() -> None:
    """Whoever pastes it is answered."""
    routes = create_app(database_url="postgresql://nobody@127.0.0.1/nothing").routes
    known = [re.sub(r"\{\w+\}", "[^/]+", each.path_format) for each in routes]
    asked = list(requests())
    assert len(asked) > 3
    for each, path, body in asked:
        assert any(re.fullmatch(pattern, path) for pattern in known), each
        if body:
            msgspec.json.decode(body, type=UpgradeRequest)
