"""The steps of an upgrade, as a terminal shows them."""

from collections.abc import Iterable
from io import StringIO

from rich.console import Console

from astrolabe.cli.watching import Board

UPGRADED = (
    ("step_started", "preflight", ""),
    ("preflight_passed", "preflight", "12 checks hold"),
    ("step_started", "backup", ""),
    ("backup_taken", "backup", "read back"),
    ("step_started", "pull", ""),
    ("artifact_pulled", "pull", "on this host"),
    ("step_started", "migrate", ""),
    ("migration_finished", "migrate", "3 migrations applied"),
    ("step_started", "verify", ""),
    ("upgrade_succeeded", "verify", "verified"),
)
ASKED = ("rollback_requested", "", "losing nothing")
UNDER_WAY = (ASKED, ("step_started", "rollback", ""), ("rollback_started", "rollback", "rolling back"))


def shown(board: Board, happened: Iterable[tuple[str, str, str]] = ()) -> list[list[str]]:
    """Return what a terminal shows once some more has happened: mark, step, and what was said of it."""
    for kind, step, summary in happened:
        board.take(kind, {"step": step}, summary)
    screen = StringIO()
    Console(file=screen, width=120, color_system=None).print(board)
    return [line.split(maxsplit=2) for line in screen.getvalue().splitlines() if line.strip()]


def test_of_a_rollback_that_is_asked_for_nothing_else_is_shown() -> None:
    """Whoever asks for it watches it alone, from the beginning: no step of an upgrade is to come."""
    board = Board(())
    assert shown(board) == []
    assert [row[1:] for row in shown(board, [ASKED])] == [["rollback", "losing nothing"]]
    assert [row[1:] for row in shown(board, UNDER_WAY[1:])] == [["rollback", "rolling back"]]
    assert shown(board, [("upgrade_rolled_back", "", "it answers")]) == [["✓", "rollback", "it answers"]]


def test_a_rollback_that_begins_is_no_failure() -> None:
    """What was asked for is under way; only where a step failed is that one marked."""
    assert "✗" not in {row[0] for row in shown(Board(), (*UPGRADED, *UNDER_WAY))}
    failed = (*UPGRADED[:7], ("rollback_started", "migrate", "rolling back: it ended"))
    assert ["✗", "migrate", "rolling back: it ended"] in shown(Board(), failed)


def test_a_rollback_that_was_refused_is_asked_for_again() -> None:
    """It is under way once more, and no longer refused."""
    board = Board(())
    assert shown(board, (*UNDER_WAY[:2], ("rollback_refused", "", "2 writes"))) == [["✗", "rollback", "2 writes"]]
    assert "✗" not in {row[0] for row in shown(board, [ASKED])}


def test_an_upgrade_shows_what_is_to_come() -> None:
    """Its five steps are there from the beginning, and the rollback beneath them once it is asked for."""
    board = Board()
    steps = ["preflight", "backup", "pull", "migrate", "verify"]
    assert shown(board) == [["·", step] for step in steps]
    assert [row[:2] for row in shown(board, UPGRADED)] == [["✓", step] for step in steps]
    assert [row[1] for row in shown(board, [ASKED])] == [*steps, "rollback"]


def test_what_was_seen_is_shown_as_it_is() -> None:
    """What looks like markup is none."""
    happened = (("step_started", "preflight", ""), ("upgrade_refused", "", "[health] is missing in [/srv/x.toml]"))
    assert shown(Board(), happened)[0] == ["✗", "preflight", "[health] is missing in [/srv/x.toml]"]
