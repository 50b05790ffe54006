"""Watching an upgrade: its events as they come, and how it ended."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.filesize import decimal
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from astrolabe.cli.client import Client, path
from astrolabe.cli.patience import Patience, UnreachableError
from astrolabe.cli.printing import is_for_program, print_json
from astrolabe.domain.words import STEPS, Step

QUIET_SECONDS = 10.0
"""How long lines that go into a file or a pipe are silent while a step goes on."""

MARKS = {"done": "[green]✓[/]", "bad": "[red]✗[/]", "todo": "[dim]·[/]"}
ENDS = {
    "preflight_passed": "preflight",
    "backup_taken": "backup",
    "artifact_pulled": "pull",
    "migration_finished": "migrate",
    "upgrade_succeeded": "verify",
    "upgrade_rolled_back": "rollback",
    "instance_taken_over": "rollback",
}
BAD = {
    "upgrade_refused",
    "upgrade_rejected",
    "approval_expired",
    "upgrade_failed",
    "rollback_started",
    "rollback_stalled",
    "rollback_refused",
    "rollback_called_off",
    "upgrade_unwell",
    "instance_inconsistent",
}
BEGUN = ("rollback_started", "rollback")
"""That it begins is a step's failure, but not that of the rollback."""


def progress_in_words(progress: Mapping[str, Any]) -> str:
    """Say how far a step is, with bytes in the unit that a person reads."""
    if progress["done"] is None:
        return str(progress["message"])
    unit, amounts = progress["unit"] or "", [each for each in (progress["done"], progress["total"]) if each is not None]
    if unit == "bytes":
        return f"{progress['message']}: {' of '.join(map(decimal, amounts))}"
    return f"{progress['message']}: {' of '.join(f'{each:,}' for each in amounts)} {unit}".rstrip()


GATE = {"approval_requested", "upgrade_approved", "upgrade_rejected", "approval_expired", "review_requested"}
"""What is shown beside preflight, whose plan it is about."""


class Board:
    """The steps of an upgrade as a table that changes in place: those that are to come, and those that were there."""

    def __init__(self, to_come: Sequence[Step] = STEPS) -> None:
        self._to_come: Sequence[Step] = to_come
        self._said: dict[str, str] = {}
        self._marks: dict[str, str] = {}
        self._now: str | None = None

    def take(self, kind: str, data: Mapping[str, Any], summary: str) -> None:
        """Show what an event changes."""
        if kind == "upgrade_retried":
            self._said, self._marks, self._now = {}, {}, None
            self._to_come = STEPS
        if kind == "rollback_requested":
            self._now = "rollback"
            self._marks.pop(self._now, None)
        if kind == "step_started":
            self._now = str(data["step"])
            self._said.setdefault(self._now, "")
            return
        step = ENDS.get(kind) or self._now or ("preflight" if kind in GATE else None)
        if step is None:
            return
        self._said[step] = summary
        if kind in ENDS:
            self._marks[step] = "done"
            self._now = None if step == self._now else self._now
        elif kind in BAD and (kind, step) != BEGUN:
            self._marks[step] = "bad"

    def tick(self, progress: Mapping[str, Any]) -> None:
        """Show how far the step under way is."""
        if self._now and progress["step"] == self._now:
            self._said[self._now] = progress_in_words(progress)

    def __rich__(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for step in (*STEPS, "rollback"):
            if step in self._to_come or step in self._said:
                busy = step == self._now and step not in self._marks
                mark = Spinner("dots") if busy else MARKS[self._marks.get(step, "todo")]
                # As it is: what was seen on a host may hold what looks like markup.
                table.add_row(mark, step, Text(self._said.get(step, "")))
        return table


class UpgradeWatch:
    """One upgrade, followed through breaks of the connection to its end."""

    def __init__(self, client: Client, upgrade_id: str, console: Console, *, last: str | None = None) -> None:
        self._client: Client = client
        self._path: str = path("upgrades", upgrade_id)
        self._console: Console = console
        self._board: Board = Board(STEPS if last is None else ())
        self._last: str | None = last
        self._since: datetime | None = None
        self._shown: float = time.monotonic()
        self._ticked: str | None = None

    @property
    def last(self) -> str | None:
        """The cursor of the last event that was shown."""
        return self._last

    def until_done(self) -> dict[str, Any]:
        """Show events until the upgrade is done; return the operation."""
        if is_for_program() or not self._console.is_terminal:
            return self._follow(None)
        with Live(self._board, console=self._console, refresh_per_second=8) as live:
            return self._follow(live)

    def _follow(self, live: Live | None) -> dict[str, Any]:
        patience = Patience()
        while True:
            try:
                if ended := self._ended():
                    return ended
                with self._client.listen(f"{self._path}/events", self._last) as events:
                    patience.renew()
                    for event in events:
                        if event.data:  # otherwise a heartbeat
                            self._last = event.id or self._last
                            self._take(event.event, json.loads(event.data), live)
            except UnreachableError as error:
                patience.wait(error)

    def _ended(self) -> dict[str, Any] | None:
        """Return the operation once it is done and all of it was shown; a stream that ends may have been cut."""
        operation: dict[str, Any] = self._client.get(self._path)
        shown = int(self._last) if self._last else -1
        events = self._client.get(f"{self._path}/events")["items"]
        cursors = [each["cursor"] for each in events]
        return operation if operation["done"] and None not in cursors and max(cursors) <= shown else None

    def _take(self, kind: str, shown: Mapping[str, Any], live: Live | None) -> None:
        if kind == "progress":
            # A tick, not a fact: for whoever looks now, not for who reads what happened.
            self._board.tick(shown)
            if live:
                live.refresh()
            elif not is_for_program() and self._wants(shown["step"]):
                self._print(datetime.fromisoformat(shown["at"]), kind, progress_in_words(shown))
        else:
            self._show(kind, shown, live)

    def _wants(self, step: str) -> bool:
        """Return whether a tick is worth a line: a step's first, and one after a while without any line."""
        first, self._ticked = step != self._ticked, step
        return first or time.monotonic() - self._shown >= QUIET_SECONDS

    def _show(self, kind: str, event: Mapping[str, Any], live: Live | None) -> None:
        self._board.take(kind, event["data"], event["summary"])
        if is_for_program():
            print_json(event)
        elif live is None:
            self._print(datetime.fromisoformat(event["recorded_at"]), kind, event["summary"])
        else:
            live.refresh()

    def _print(self, at: datetime, kind: str, said: str) -> None:
        self._shown, self._since = time.monotonic(), self._since or at
        passed = (at - self._since).total_seconds()
        self._console.print(f"{passed:7.1f} s  {kind:<20} {said}", markup=False, soft_wrap=True)
