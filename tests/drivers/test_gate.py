"""The release gate at work: notes from a file and from a feed, stops, and what breaks."""

import contextlib
import http.server
import threading
from collections.abc import Iterator

import msgspec
import pytest
from msgspec.structs import replace

from astrolabe.domain.products.migration_type import Migration
from astrolabe.domain.products.product import NotesSource
from astrolabe.domain.products.release import Release
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import RequestUpgrade
from astrolabe.store.ids import new_id
from tests.world import World

pytestmark = pytest.mark.kinds("npx")

RELEASES = (
    Release("2.0.0", notes="The column note is gone.", breaking=True, required_stop=True),
    Release("2.1.0", notes="Items have owners.", required_stop=True, migrations=(Migration("add-nullable-column"),)),
    Release("2.2.0", notes="Owners have a table.", rollback="Nothing to do.", migrations=(Migration("new-table"),)),
)


def know(standin: World, **changes: object) -> None:
    """Let the host's product file tell of releases."""
    standin.host.products["standin"] = replace(standin.product, **changes)


async def ask(standin: World, target: str, *acknowledged: str) -> s.Idle:
    """Ask for an upgrade, with breaking releases acknowledged, and carry it out."""
    await standin.ask(RequestUpgrade(new_id(), target, acknowledge_breaking=acknowledged))
    state = (await standin.carry_out()).state
    assert isinstance(state, s.Idle)
    return state


async def test_a_breaking_release_waits_to_be_named(standin: World) -> None:
    """Refused with its notes; named, the upgrade runs over both stops, and the plan in the log has the notes."""
    know(standin, release=RELEASES)
    state = await ask(standin, "2.2.0")
    assert state.instance.version == "1.1.0" == await standin.running()
    problem = (await standin.one(e.UpgradeRefused)).problem
    assert problem.code == "breaking-release"
    assert "2.0.0: The column note is gone." in problem.detail
    state = await ask(standin, "2.2.0", "2.0.0")
    assert state.instance.version == "2.2.0" == await standin.running()
    plan = (await standin.one(e.PreflightPassed)).plan
    assert [stop.version for stop in plan.stops] == ["2.0.0", "2.1.0"]
    assert plan.breaking == ("2.0.0",)
    assert [each.notes for each in plan.releases] == [each.notes for each in RELEASES]
    assert [each.sha256 for each in plan.releases] == [each.sha256 for each in RELEASES]
    assert [each.type for each in plan.migrations] == ["add-nullable-column", "new-table"]
    assert len([each for each in await standin.told() if isinstance(each, e.LegFinished)]) == 2


async def test_latest_passes_the_gate_as_well(standin: World) -> None:
    """What `latest` is, only the registry knows; what it brings is asked all the same."""
    know(standin, release=RELEASES)
    assert (await ask(standin, "latest")).instance.version == "1.1.0"
    assert (await standin.problem()).code == "breaking-release"


async def test_notes_may_be_asked_for(standin: World) -> None:
    """A version that nobody described is refused where the instance asks for notes."""
    await standin.reconfigure(require_notes=True)
    assert (await ask(standin, "2.0.0")).instance.version == "1.1.0"
    problem = await standin.problem()
    assert (problem.code, "2.0.0" in problem.detail) == ("notes-missing", True)


@contextlib.contextmanager
def feed(status: int, body: bytes) -> Iterator[str]:
    """Serve release notes; return where."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/releases.json"
        server.shutdown()
        thread.join()


async def test_notes_come_from_a_feed(standin: World) -> None:
    """A feed is read anew for every preflight, and gates as a file does."""
    with feed(200, msgspec.json.encode({"release": RELEASES})) as url:
        know(standin, notes=NotesSource(url))
        assert (await ask(standin, "2.0.0")).instance.version == "1.1.0"
        assert (await standin.problem()).code == "breaking-release"
        assert (await ask(standin, "2.0.0", "2.0.0")).instance.version == "2.0.0"


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (200, b'{"release": [{"version": "two"}]}', "version"),
        (500, b"", "500"),
        (302, b"", "302"),
        (200, b" " * (1 << 20) + b"{}", "longer"),
    ],
    ids=["malformed", "failing", "redirecting", "endless"],
)
async def test_a_feed_that_cannot_be_used_stops_nothing(standin: World, status: int, body: bytes, says: str) -> None:
    """What is unread may break, so nothing begins; the old version serves on."""
    with feed(status, body) as url:
        know(standin, notes=NotesSource(url))
        assert (await ask(standin, "2.0.0")).instance.version == "1.1.0" == await standin.running()
    problem = await standin.problem()
    assert (problem.code, says in problem.detail) == ("notes-unreadable", True)
    assert problem.todo


async def test_a_feed_that_is_away_stops_nothing(standin: World) -> None:
    """Nobody listens there any more."""
    with feed(200, b"") as url:
        know(standin, notes=NotesSource(url))
    assert (await ask(standin, "2.0.0")).instance.version == "1.1.0"
    assert (await standin.problem()).code == "notes-unreadable"
