"""Effects: each happened once, and nothing lies about that the log does not know."""

from collections.abc import Iterator

from astrolabe.domain.upgrades.states import Idle
from tests.chaos.evidence import Evidence, Stream


def doubled(evidence: Evidence) -> Iterator[str]:
    """One gateway runs, one start was made of each, and every migration ran once."""
    if len(evidence.gateways.pids) > 1:
        yield f"{len(evidence.gateways.pids)} gateways run: {', '.join(map(str, evidence.gateways.pids))}"
    yield from evidence.repeated_starts
    if evidence.live and evidence.live.repeated:
        yield f"a migration ran twice: {evidence.live.repeated} rows stand there more than once"


def stray(evidence: Evidence) -> Iterator[str]:
    """Every database and every dump is one that the log knows."""
    streams = [evidence.stream, *([evidence.twin] if evidence.twin else [])]
    if not all(isinstance(each.state, Idle) for each in streams):
        return
    databases = frozenset[str]().union(*(known_databases(each) for each in streams))
    if unknown := sorted(evidence.databases - databases):
        yield f"databases that the log does not know: {', '.join(unknown)}"
    if absent := sorted(databases - evidence.databases):
        yield f"databases that the log knows and that are gone: {', '.join(absent)}"
    if unknown := sorted(evidence.dumps - known_dumps(evidence.stream)):
        yield f"dumps that the log does not know: {', '.join(unknown)}"


def known_databases(stream: Stream) -> frozenset[str]:
    """Name the databases that the log knows of beside the live one."""
    assert isinstance(stream.state, Idle)
    instance = stream.state.instance
    copy = instance.rollback_point.copy if instance.rollback_point else None
    return frozenset(
        {each.name for each in instance.kept if each.what == "database"} | ({copy.database} if copy else set())
    )


def known_dumps(stream: Stream) -> frozenset[str]:
    """Name the dumps that the log knows of."""
    assert isinstance(stream.state, Idle)
    instance = stream.state.instance
    dump = instance.rollback_point.dump if instance.rollback_point else None
    return frozenset({each.name for each in instance.kept if each.what == "dump"} | ({dump.path} if dump else set()))
