"""Every refusal of the API: `python -m tests.api.troubleshooting_page` writes the end of docs/troubleshooting.md."""

from pathlib import Path

from astrolabe.api.http.problem_catalogue import CATALOGUE, ProblemType
from astrolabe.cli.refusals import INSTEAD

PAGE = Path(__file__).parents[2] / "docs" / "troubleshooting.md"
HEADING = "## What the API refuses"

INTRODUCTION = f"""\
{HEADING}

Written from the catalogue by `python -m tests.api.troubleshooting_page`; a test compares the two. The name ends the
`type` of an answer; the answer's `detail` says more than this table can. Commands print that sentence.
"""


def section() -> str:
    """Return the part of the page that is written from the catalogue."""
    statuses = sorted({each.status for each in CATALOGUE.values()})
    return INTRODUCTION + "".join(map(_of_status, statuses))


def page() -> str:
    """Return the page as it must be."""
    return PAGE.read_text("utf-8").partition(HEADING)[0] + section()


def _of_status(status: int) -> str:
    rows = "".join(_row(each) for each in CATALOGUE.values() if each.status == status)
    return f"\n### {status}\n\n| name | means | do |\n|---|---|---|\n{rows}"


def _row(each: ProblemType) -> str:
    said = INSTEAD.get(each.name, "")
    return f"| `{each.name}` | {each.title} | {each.help}{f' A command says: {said}' if said else ''} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
