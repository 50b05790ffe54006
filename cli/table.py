"""Tables: rows that fit the terminal, and one line a row where nobody looks on."""

import sys
import textwrap
from collections.abc import Sequence
from shutil import get_terminal_size
from typing import Final

from rich.cells import cell_len

GAP: Final = "  "
WIDEST: Final = 120
"""How wide a table becomes at most, however wide the terminal is."""


def terminal_width() -> int | None:
    """Return how many columns a person sees; None where the output goes to a file or a program."""
    return min(get_terminal_size().columns, WIDEST) if sys.stdout.isatty() else None


def short(identifier: str | None) -> str:
    """Return the end of an id, by which it can be named, for a person; all of it for a file or a program."""
    if not identifier or terminal_width() is None:
        return identifier or ""
    return identifier.rpartition("-")[2]


def moment(text: str) -> str:
    """Return a time of the API's to the second, in UTC."""
    return text[:19].replace("T", " ") if terminal_width() else text[:19]


def table(headers: Sequence[str], rows: Sequence[Sequence[object]], width: int | None = None) -> str:
    """Lay rows out below their headers in the width of the terminal.

    A cell that does not fit is wrapped between words. Where even the longest words do not fit beside each other, each
    row becomes a block of its own, with a line for each header. Into a file or a program, every row is one line.
    """
    width = width or terminal_width()
    cells = [[_plain(each) for each in row] for row in rows]
    if width is None:
        widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
        return "\n".join(_line(row, widths) for row in cells)
    if not cells:
        return ""
    titled = [list(headers), *cells]
    needed, space = _needed(titled), _space(headers, width)
    wanted = [max(map(cell_len, column)) for column in zip(*titled, strict=True)]
    if sum(needed) > space:
        return "\n\n".join(pairs(list(zip(headers, row, strict=True)), width) for row in cells)
    widths = _share(needed, wanted, space)
    return "\n".join(line for row in titled for line in _lines(row, widths))


def fits(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> bool:
    """Return whether rows can stand below their headers in the terminal; where nobody looks on, they can."""
    width = terminal_width()
    titled = [list(headers), *([_plain(each) for each in row] for row in rows)]
    return width is None or sum(_needed(titled)) <= _space(headers, width)


def wrapped(text: str, indent: str = "") -> str:
    """Return a sentence as it fits the terminal, with later lines indented; on one line where nobody looks on."""
    width = terminal_width()
    return (
        text
        if width is None
        else textwrap.fill(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    )


def pairs(found: Sequence[tuple[str, object]], width: int | None = None) -> str:
    """Lay out what is known of one thing: a name and a value a line, values wrapped between words."""
    width = width or terminal_width()
    first = max(cell_len(name) for name, _ in found)
    lines: list[str] = []
    for name, value in found:
        if text := _plain(value):
            left = None if width is None else max(width - first - len(GAP), _longest_word(text))
            lines += _lines([name, text], [first, left or cell_len(text)])
    return "\n".join(lines)


def _needed(titled: Sequence[Sequence[str]]) -> list[int]:
    """Return how wide each column is at least: no word is broken."""
    return [max(map(_longest_word, column)) for column in zip(*titled, strict=True)]


def _space(headers: Sequence[str], width: int) -> int:
    return width - len(GAP) * (len(headers) - 1)


def _share(needed: Sequence[int], wanted: Sequence[int], space: int) -> list[int]:
    """Return the width of each column: what its words need, and what is left to those that want more, evenly."""
    widths = list(needed)
    while (left := space - sum(widths)) > 0:
        short_of = [at for at, width in enumerate(widths) if width < wanted[at]]
        if not short_of:
            break
        for at in short_of[:left]:
            widths[at] += 1
    return widths


def _lines(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    wrapped = [_wrap(text, width) for text, width in zip(row, widths, strict=True)]
    deepest = max(map(len, wrapped))
    return [_line([part[at] if at < len(part) else "" for part in wrapped], widths) for at in range(deepest)]


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (text + " " * (width - cell_len(text)) for text, width in zip(cells, widths, strict=True))
    return GAP.join(padded).rstrip()


def _longest_word(text: str) -> int:
    return max(map(cell_len, text.split()), default=0)


def _plain(value: object) -> str:
    """Return a cell's text on one line, without anything that a terminal would obey."""
    text = "" if value is None else str(value)
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
