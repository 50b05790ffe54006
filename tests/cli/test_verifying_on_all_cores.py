"""A long export: whoever checks it in pieces, on all cores, finds what one process finds line by line."""

import io
import os
import random
import signal
import tracemalloc
from functools import partial
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astrolabe.cli import verifying_on_all_cores as on_all_cores
from astrolabe.cli.commands import audit as commands
from astrolabe.cli.verifying import PublishedTiles, verify_export
from astrolabe.cli.verifying_on_all_cores import check_lines, cut, join_lines, verify_on_all_cores
from astrolabe.domain.audit.block import LONGEST_LINE
from astrolabe.domain.audit.checkpoint import Checkpoint
from astrolabe.domain.audit.leaves import Published, nothing_published
from astrolabe.domain.audit.tiles import Tile
from astrolabe.domain.audit.verification import KeptCheckpoint, Verification, VerifiedExport
from astrolabe.domain.audit.verification_failed import VerificationFailed
from astrolabe.store.errors import StoreError
from tests.exported_log import KEY, ExportedLog

MANY = {"few": 0, "size": 3000}
"""What makes pieces of some lines, for processes."""

LOG = ExportedLog(120)
DAMAGE = (
    "nothing",
    "a bit",
    "a line less",
    "two lines swapped",
    "a line twice",
    "an end",
    "a long line",
    "a version less",
)


def damaged(how: str, chance: random.Random) -> bytes:
    """The export, damaged at one place."""
    lines, at = [*LOG.lines], chance.randrange(len(LOG.lines) - 1)
    match how:
        case "a bit":
            raw, bit = bytearray(LOG.export), chance.randrange(8 * len(LOG.export))
            raw[bit // 8] ^= 1 << bit % 8
            return bytes(raw)
        case "an end":
            return LOG.export[: chance.randrange(len(LOG.export))]
        case "a line less":
            del lines[at]
        case "two lines swapped":
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
        case "a line twice":
            lines.insert(at, lines[at])
        case "a long line":
            lines.insert(at, b"x" * (LONGEST_LINE + chance.choice([-2, -1, 0, 1])))
        case "a version less":
            return ExportedLog(120, left_out=chance.randrange(120)).export
        case _:
            pass
    return b"".join(line + b"\n" for line in lines)


def found_by_one(export: bytes, published: Published, kept: list[KeptCheckpoint]) -> tuple[object, ...]:
    """What the check line by line comes to."""
    try:
        return said_of(verify_export(io.BytesIO(export), [KEY.public], None, published, kept=kept))
    except VerificationFailed as broken:
        return broken.position, broken.last, broken.why


def said_of(found: VerifiedExport) -> tuple[object, ...]:
    """All that is known of an export that holds."""
    return found.proven, found.streams, found.checkpoints, found.seen


def found_in_pieces(file: Path, size: int, published: Published, kept: list[KeptCheckpoint]) -> tuple[object, ...]:
    """What the check in pieces comes to, in this process."""
    verification = Verification([KEY.public], kept, published)
    try:
        with file.open("rb") as stream:
            for piece in cut(file.stat().st_size, size):
                join_lines(stream, verification, piece, check_lines(file, published, piece))
            assert stream.read() == b""
        return said_of(verification.end())
    except VerificationFailed as broken:
        return broken.position, broken.last, broken.why


class Kept:
    """The leaf hashes that an auditor kept of some events, one of which may be another now."""

    def __init__(self, changed: int | None) -> None:
        self._changed = changed

    def __call__(self, position: int) -> bytes | None:
        """The hash of a position."""
        if position == self._changed:
            return bytes(32)
        return LOG.hashes[position] if position % 3 and position < len(LOG.hashes) else None


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.sampled_from(DAMAGE),
    st.randoms(use_true_random=False),
    st.integers(1, 6000) | st.just(200_000),
    st.none() | st.integers(-1, 140),
    st.none() | st.sampled_from(sorted(LOG.checkpoints)),
    st.booleans(),
)
def test_pieces_of_any_size_say_what_lines_say(tmp_path, how, chance, size, changed, since, forked):
    """Whatever is wrong, and wherever: the same position and the same sentence, or the same finding."""
    export = damaged(how, chance)
    # A piece a byte would be thousands of them.
    size = max(size, len(export) // 300)
    file = tmp_path / "trail.jsonl"
    file.write_bytes(export)
    published = nothing_published if changed is None else Kept(changed)
    kept = [] if since is None else [KeptCheckpoint(LOG.checkpoints[since])]
    if forked:
        kept.append(KeptCheckpoint(Checkpoint(KEY.name, chance.randrange(1, 140), bytes(32))))
    assert found_in_pieces(file, size, published, kept) == found_by_one(export, published, kept)


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_the_longest_line_is_as_long_in_pieces(tmp_path, over):
    """Where one process reads no further, others do not either, though all else of it holds."""
    export = ExportedLog(20, longest=LONGEST_LINE - 1 + over).export
    assert len(max(export.split(b"\n"), key=len)) == LONGEST_LINE - 1 + over
    file = tmp_path / "trail.jsonl"
    file.write_bytes(export)
    found = found_in_pieces(file, 3000, nothing_published, [])
    assert found == found_by_one(export, nothing_published, [])
    assert (found[0] == 20) == (over > 0)


@pytest.mark.parametrize("size", [3000, len(b"\n".join(LOG.lines[:20])) + 1])
def test_pieces_that_hold_are_not_taken_line_by_line(tmp_path, monkeypatch, size):
    """Otherwise one process would do again what others did; also where a piece begins where a line does."""
    monkeypatch.setattr(on_all_cores, "take_lines", lambda *_: pytest.fail("taken line by line"))
    file = tmp_path / "trail.jsonl"
    file.write_bytes(LOG.export)
    assert found_in_pieces(file, size, nothing_published, []) == found_by_one(LOG.export, nothing_published, [])


def verified(
    file: Path, published: Published = nothing_published, *, few: int = 0, size: int = MANY["size"]
) -> VerifiedExport:
    """What processes come to."""
    with file.open("rb") as stream:
        return verify_on_all_cores(stream, file, [KEY.public], published, few=few, size=size)


@pytest.fixture
def trail(tmp_path, monkeypatch) -> Path:
    """An export, on a machine with three cores."""
    monkeypatch.setattr(on_all_cores, "cores", lambda: 3)
    file = tmp_path / "trail.jsonl"
    file.write_bytes(LOG.export)
    return file


def test_processes_find_that_it_holds(trail, tmp_path):
    """Also with the tiles that an auditor kept, which each process reads for itself."""
    tile = Tile(0, 0, len(LOG.hashes))
    (tmp_path / tile.path).parent.mkdir(parents=True)
    (tmp_path / tile.path).write_bytes(b"".join(LOG.hashes))
    expected = found_by_one(LOG.export, nothing_published, [])
    assert said_of(verified(trail)) == said_of(verified(trail, PublishedTiles(tmp_path))) == expected
    (tmp_path / tile.path).write_bytes(b"".join([*LOG.hashes[:77], bytes(32), *LOG.hashes[78:]]))
    with pytest.raises(VerificationFailed, match="not the one that was published") as broken:
        verified(trail, PublishedTiles(tmp_path))
    assert broken.value.position == 77


@pytest.mark.parametrize("how", DAMAGE[1:])
def test_processes_name_the_first_that_does_not_hold(trail, how):
    """In the words of one process, and none is left behind."""
    trail.write_bytes(damaged(how, random.Random(5)))  # noqa: S311  no secret
    expected = found_by_one(trail.read_bytes(), nothing_published, [])
    with pytest.raises(VerificationFailed) as broken:
        verified(trail)
    assert (broken.value.position, broken.value.last, broken.value.why) == expected
    assert not _spawned()


def test_a_short_export_starts_no_process(trail):
    """One process is through before another has begun; so it may ask what no other could be given."""

    def published(_: int) -> None:
        return None

    assert verified(trail, published, few=len(LOG.export)).streams == 5
    with pytest.raises(AttributeError, match="local object"):
        verified(trail, published, few=len(LOG.export) - 1)
    assert not _spawned()


class Dying:
    """Is killed where it is another process, as by a kernel that is short of memory."""

    def __init__(self) -> None:
        self._here = os.getpid()

    def __call__(self, position: int) -> bytes | None:
        """Die."""
        if position == 60 and os.getpid() != self._here:
            os.kill(os.getpid(), signal.SIGKILL)
        return None


def test_a_process_that_dies_ends_the_check(trail):
    """Nothing is said to hold."""
    with pytest.raises(StoreError, match=r"One of our processes died with code -9; try again\."):
        verified(trail, Dying())
    assert not _spawned()


def test_the_command_says_of_a_long_export_what_it_says_of_a_short_one(trail, monkeypatch):
    """To the word, whether it holds or not."""
    for export in (LOG.export, damaged("a line less", random.Random(5))):  # noqa: S311  no secret
        trail.write_bytes(export)
        words = ["verify", str(trail), "--key", KEY.public.text]
        with monkeypatch.context() as patch:
            short = CliRunner().invoke(commands.audit, words)
            patch.setattr(commands, "verify_on_all_cores", partial(verify_on_all_cores, **MANY))
            long = CliRunner().invoke(commands.audit, words)
        assert (long.exit_code, long.output) == (short.exit_code, short.output)
        assert short.exit_code == (export != LOG.export)


def test_memory_does_not_grow_with_the_export(tmp_path, monkeypatch):
    """Whoever joins reads nothing, and whoever checks reads a piece."""
    monkeypatch.setattr(on_all_cores, "cores", lambda: 2)
    file = tmp_path / "long.jsonl"
    file.write_bytes(ExportedLog(5000).export)
    size = 100_000
    assert file.stat().st_size > 20 * size
    tracemalloc.start()
    try:
        verified(file, size=size)
        joining = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        assert check_lines(file, nothing_published, range(10 * size, 11 * size))
        checking = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert joining < 5 * size
    assert checking < 5 * size


def _spawned() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "spawn_main" in " ".join(each.cmdline())]
