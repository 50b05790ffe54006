"""The page: tables between its marks, and a picture of each, made from what was measured."""

import re
from pathlib import Path
from typing import Any

import msgspec

from bench.figures import Line

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "performance.md"
WIDE, HIGH, LABEL, GAP = 640, 22, 190, 6
COLOURS = ("#3465a4", "#c17d11", "#73a946", "#75507b")


def write_page(found: dict[str, Any]) -> None:
    """Write what was measured into the page, each work between the marks that bear its name."""
    text = PAGE.read_text("utf-8")
    for name, told in found.items():
        if isinstance(told, dict) and "lines" in told:
            lines = msgspec.convert(told["lines"], list[Line])
            picture = DOCS / "pictures" / f"{name.replace(' ', '-')}.svg"
            picture.parent.mkdir(exist_ok=True)
            picture.write_text(drawn(lines), "utf-8")
            alt = f"Bars of the table above: {name}, relative to {told['yardstick']}."
            told_text = f"{relative(lines, told['yardstick'])}\n![{alt}](pictures/{picture.name})\n"
            text = between(text, name, told_text)
    PAGE.write_text(text, "utf-8")


def between(text: str, name: str, put: str) -> str:
    """Put something between the marks of a name; raises ValueError where the page has none."""
    begin, end = f"<!-- bench: {name} -->", "<!-- /bench -->"
    place = f"{re.escape(begin)}.*?{re.escape(end)}"
    found, many = re.subn(place, lambda _: f"{begin}\n{put}{end}", text, flags=re.DOTALL)
    if many != 1:
        raise ValueError(f"the page has {many} places for {name}")
    return found


def relative(lines: list[Line], yardstick: str) -> str:
    """Write ratios as a Markdown table, a column for each contender."""
    names = [name for name in dict.fromkeys(line.contender for line in lines) if name != yardstick]
    head = f"| clients | {' | '.join(names)} |\n|{'---|' * (len(names) + 1)}\n"
    rows = ""
    for clients in dict.fromkeys(line.clients for line in lines):
        ratios = {line.contender: line.ratio for line in lines if line.clients == clients}
        cells = [f"{ratios[n].median:.2f} ({ratios[n].lowest:.2f} to {ratios[n].highest:.2f})" for n in names]
        rows += f"| {clients} | {' | '.join(cells)} |\n"
    return head + rows


def drawn(lines: list[Line]) -> str:
    """Draw the ratios as bars, with a stroke from the lowest to the highest."""
    most = max(line.ratio.highest for line in lines)
    scale = (WIDE - LABEL - 60) / most
    names = list(dict.fromkeys(line.contender for line in lines))
    parts: list[str] = []
    for nth, line in enumerate(lines):
        top, middle = nth * (HIGH + GAP), nth * (HIGH + GAP) + HIGH // 2
        low, high, end = (LABEL + scale * each for each in (line.ratio.lowest, line.ratio.highest, line.ratio.median))
        colour = COLOURS[names.index(line.contender) % len(COLOURS)]
        parts += [
            f'<text x="{LABEL - 8}" y="{middle + 4}" text-anchor="end">{line.contender}, {line.clients}</text>',
            f'<rect x="{LABEL}" y="{top}" width="{end - LABEL:.1f}" height="{HIGH}" fill="{colour}"/>',
            f'<path d="M{low:.1f} {middle}H{high:.1f}" stroke="#000" stroke-width="2"/>',
            f'<text x="{high + 6:.1f}" y="{middle + 4}">{line.ratio.median:.2f}</text>',
        ]
    tall = len(lines) * (HIGH + GAP)
    paper = f'<rect width="{WIDE}" height="{tall}" fill="#fff"/>'
    box = f'viewBox="0 0 {WIDE} {tall}" font-family="sans-serif" font-size="13"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{paper}{"".join(parts)}</svg>\n'
