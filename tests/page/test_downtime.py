"""One downtime everywhere: what the page draws is what the log says."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from astrolabe.workers.programs import tools
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.programs.shell import run

PAGE = Path(__file__).parents[2] / "api" / "page"
NOW = 100_000


def at(milliseconds: int) -> str:
    """A moment after the beginning of time."""
    return f"1970-01-01T00:00:{milliseconds / 1000:06.3f}Z"


def event(kind: str, **data: Any) -> dict[str, Any]:
    """An event as the API shows it."""
    return {"type": kind, "data": data}


STOPPED = event("instance_stopped", last_healthy_at=at(1000))
ANSWERS = event("migration_finished", healthy_at=at(5000), downtime_ms=4000)

CASES = {
    "verified on a port that nobody knows": ([STOPPED, ANSWERS, event("upgrade_succeeded", downtime_ms=7250)], 7250),
    "not let in yet": ([STOPPED, ANSWERS], NOW - 1000),
    "let in at once": ([STOPPED, event("cut_over"), ANSWERS, event("upgrade_succeeded", downtime_ms=None)], 4000),
    "let in at once, and being verified": ([STOPPED, event("cut_over"), ANSWERS], 4000),
    "of a log that says it once": ([STOPPED, ANSWERS, event("upgrade_succeeded")], 4000),
    "taken back": ([STOPPED, ANSWERS, event("upgrade_rolled_back", at=at(9000))], 8000),
    "never stopped": ([event("backup_taken")], None),
}


@pytest.mark.parametrize("case", CASES)
async def test_the_page_draws_the_logs_downtime(case: str, tmp_path: Path) -> None:
    """From the last answer of the old version to the first that others could have."""
    events, wanted = CASES[case]
    for name in ("timeline.js", "dom.js"):
        shutil.copy(PAGE / name, tmp_path / name)
    (tmp_path / "package.json").write_text('{"type": "module"}')  # as the browser takes them
    script = f"""
        import {{ downtime }} from {json.dumps((tmp_path / "timeline.js").as_uri())};
        const found = downtime({json.dumps(events)}, {NOW});
        console.log(JSON.stringify(found && found[1] - found[0]));
    """
    argv = [tools.node(), "--input-type=module", "--eval", script]
    said = (await run(argv, env=inherited(), deadline=30)).stdout
    assert json.loads(said) == wanted
