"""The page of proven products: `python -m bench.products --page` writes docs/proven.md from what was kept."""

import argparse
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.page import DOCS
from bench.results import RESULTS

PAGE = DOCS / "proven.md"
KEPT = RESULTS / "products"
HEAD = """\
| product | from | to | went back from a failure | upgrade | way back | when | on |
|---|---|---|---|---|---|---|---|
"""


class Proven(Struct, frozen=True):
    """What was seen of one product: for how long nobody was served, in milliseconds."""

    name: str
    """The product's name, as its file is called."""
    old: str
    new: str
    downtimes_ms: tuple[int, int, int]
    """Of an upgrade that was made to fail and went back by itself, of one that held, and of the way back from that."""
    on: str
    """The programs that it ran on."""
    day: str
    """When, as YYYY-MM-DD."""
    sabotage: str
    """How the upgrade was made to fail."""
    uncovered: str
    """What of the product was not looked at."""


def keep(proven: Proven) -> Path:
    """Write what was seen of a product in the place of what was seen before; return the file."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{proven.name}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(proven)) + b"\n")
    return path


def kept() -> list[Proven]:
    """Read what was seen of every product on this machine, by name."""
    return [msgspec.json.decode(path.read_bytes(), type=Proven) for path in sorted(KEPT.glob("*.json"))]


def row(proven: Proven) -> str:
    """Write a product as a row of the table."""
    times = [f"{each / 1000:.1f} s" for each in proven.downtimes_ms]
    cells = (proven.name, proven.old, proven.new, *times, proven.day, proven.on)
    return f"| {' | '.join(cells)} |"


def remark(proven: Proven) -> str:
    """Write how a product was made to fail, and what was not looked at."""
    return f"- **{proven.name}**: {proven.sabotage}. Not covered: {proven.uncovered}."


def written(text: str, found: Iterable[Proven]) -> str:
    """Put products into the page's text; those that are on it already and were not found stay as they are."""
    rows, remarks = _by_name(text, r"\| ([a-z0-9-]+) \| \d.*"), _by_name(text, r"- \*\*([a-z0-9-]+)\*\*: .*")
    for each in found:
        rows[each.name], remarks[each.name] = row(each), remark(each)
    put = {
        "figures": HEAD + "".join(f"{rows[name]}\n" for name in sorted(rows)),
        "remarks": "".join(f"{remarks[name]}\n" for name in sorted(remarks)),
    }
    for name, lines in put.items():
        begin, end = f"<!-- products: {name} -->", "<!-- /products -->"
        place = f"{re.escape(begin)}.*?{re.escape(end)}"
        text, many = re.subn(place, lambda _, b=begin, p=lines, e=end: f"{b}\n{p}{e}", text, flags=re.DOTALL)
        if many != 1:
            raise ValueError(f"the page has {many} places for {name}")
    return text


def _by_name(text: str, pattern: str) -> dict[str, str]:
    return {found[1]: found[0] for found in re.finditer(rf"^{pattern}$", text, re.MULTILINE)}


def main() -> None:
    """Print what was seen of products on this machine, and write the page where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.products", description=__doc__)
    parser.add_argument("--page", action="store_true", help="write docs/proven.md")
    found = kept()
    if parser.parse_args().page:
        PAGE.write_text(written(PAGE.read_text("utf-8"), found), "utf-8")
    print(HEAD + "\n".join(map(row, found)))


if __name__ == "__main__":
    main()
