"""The commands that README and docs show: those of fenced blocks that a shell types, and those in backticks."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

PROJECT: Final = Path(__file__).parents[2]
PAGES: Final = (PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md")))
WRITTEN: Final = frozenset({"commands.md"})
"""Pages that are written from the code, and name commands without their words."""

_FENCED: Final = re.compile(r"(?ms)^```(\w*)\n(.+?)^```$")
_INLINE: Final = re.compile(r"`(astrolabe [a-z][^`]*)`")
_LEFT_OUT: Final = "…"
"""What stands for words that a reader fills in."""


class Documented(Struct, frozen=True):
    """A command, and the page that shows it."""

    page: str
    words: tuple[str, ...]
    whole: bool
    """Whether a reader may type it as it stands, but for words in capitals."""

    def __str__(self) -> str:
        return f"{self.page}: {shlex.join(self.words)}"


def documented() -> Iterator[Documented]:
    """Return every command of every page."""
    for page in PAGES:
        text = page.read_text("utf-8")
        name = str(page.relative_to(PROJECT))
        for language, block in _FENCED.findall(text):
            if language == "sh" or (not language and re.match(r"(astrolabe|apt-get|curl) ", block)):
                for words in _of_block(block):
                    yield Documented(name, words, whole=not any(_LEFT_OUT in each for each in words))
        if page.name not in WRITTEN:
            for inline in _INLINE.findall(_FENCED.sub("", text)):
                for words in _of_block(inline):
                    yield Documented(name, words, whole=False)


def _of_block(block: str) -> Iterator[tuple[str, ...]]:
    """Take a block of shell apart into its commands, without redirections and variables that stand before one."""
    text = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)(^|\s+)# .*$", "", block))
    lexer = shlex.shlex(re.sub(r"\$\(.+?\)", "SUBSTITUTED", text), posix=True, punctuation_chars="();<>|&\n")
    lexer.whitespace, lexer.commenters, lexer.whitespace_split = " \t", "", True
    command: list[str] = []
    redirected = False
    for word in (*lexer, "\n"):
        if set(word) <= set("();|&\n"):
            if command:
                yield tuple(command)
            command, redirected = [], False
        elif redirected or set(word) <= set("<>"):
            redirected = not redirected
        elif command or not re.match(r"\w+=", word):
            command.append(word)
