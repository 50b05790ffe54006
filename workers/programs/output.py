"""The output of a command: cut into lines, without its secrets, and only its end kept."""

import codecs
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from astrolabe.workers.programs.encodings import ways

REDACTED: Final = "[REDACTED]"
LONGEST_LINE: Final = 1 << 16
"""Characters after which a line without an end is handed on in pieces."""


class Redactor:
    """Replaces secrets in text, as written and as others write them: in JSON, in a URL, in base64, for a shell."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # Output arrives line by line, so a secret of several lines is looked for line by line, and whole where it is
        # written in one.
        found = {part for secret in secrets for part in (secret, *secret.splitlines())}
        needles = sorted({way for part in found if part.strip() for way in ways(part.strip())}, key=len, reverse=True)
        self.longest: Final = len(needles[0]) if needles else 0
        self._pattern: Final = re.compile("|".join(map(re.escape, needles))) if needles else None

    def __call__(self, text: str) -> str:
        """Return the text with each secret replaced by [REDACTED]."""
        return self._pattern.sub(REDACTED, text) if self._pattern else text


class Output:
    """One pipe of a command.

    `on_line` gets each line without its end; `text` is what was printed last, at most `keep` characters and a line.
    Bytes that are not UTF-8 become U+FFFD.
    """

    def __init__(self, redact: Redactor, keep: int, on_line: Callable[[str], None] | None) -> None:
        self._redact: Final = redact
        self._keep: Final = keep
        self._on_line: Final = on_line
        self._decode: Final = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._rest: str = ""
        self._kept: Final[deque[str]] = deque()
        self._size: int = 0

    @property
    def text(self) -> str:
        """What was printed last."""
        return "".join(self._kept)

    def feed(self, data: bytes, *, final: bool = False) -> None:
        """Take the next bytes; `final` ends a last line that has no end of its own."""
        for piece in self._pieces(self._decode(data, final), final=final):
            self._keep_piece(piece)
            if self._on_line:
                self._on_line(piece.rstrip("\r\n"))

    def _pieces(self, text: str, *, final: bool) -> Iterator[str]:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            yield self._redact(line) + "\n"
        if final and self._rest:
            yield self._redact(self._rest)
            self._rest = ""
        elif len(self._rest) > LONGEST_LINE:
            # The last characters stay, for a secret may have arrived only in part.
            whole = self._redact(self._rest)
            cut = len(whole) - self._redact.longest
            self._rest = whole[cut:]
            yield whole[:cut]

    def _keep_piece(self, piece: str) -> None:
        self._kept.append(piece)
        self._size += len(piece)
        while self._size - len(self._kept[0]) > self._keep:
            self._size -= len(self._kept.popleft())
