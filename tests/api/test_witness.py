"""The witness: never two histories of one log, whatever is asked, and however often it dies in between."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from signal import SIGKILL

import httpx
import pytest
import pytest_asyncio
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from astrolabe.api.server import Server
from astrolabe.api.witness.app import witness_app
from astrolabe.api.witness.witness import Said, Witness
from astrolabe.cli.own_python import run_astrolabe
from astrolabe.domain.audit.add_checkpoint import LARGEST_REQUEST, AddCheckpoint
from astrolabe.domain.audit.checkpoint import read_checkpoint
from astrolabe.domain.audit.note import parse_cosigner_key, parse_note
from astrolabe.store.audit.witness_key import ensure_key
from astrolabe.store.audit.witnessed import MOST_FORKS, Witnessed, log_id
from astrolabe.store.errors import StoreError
from astrolabe.workers.programs.shell import supervise
from tests.audit_logs import FORKED, LOG_KEY, LONG, WITNESS_KEYS, History
from tests.ports import free_port

KEY = WITNESS_KEYS[0]
LOGS = {LOG_KEY.name: [LOG_KEY.public]}
NOW = 1_800_000_000
LOG = log_id(LOG_KEY.name)


def witness(witnessed: Witnessed) -> Witness:
    """A witness of one log."""
    return Witness(KEY, LOGS, witnessed, lambda: NOW)


def cosigned(said: Said) -> bool:
    """Whether it was cosigned."""
    return said.status == 200


def test_what_follows_is_cosigned_and_kept(tmp_path: Path) -> None:
    """The answer is the witness's own line alone, and the checkpoint with it is on the disk by then."""
    with Witnessed(tmp_path) as witnessed:
        for old, size in ((0, 3), (3, 3), (3, 40), (40, 70)):
            said = witness(witnessed).add(LONG.ask(old, size))
            assert cosigned(said), said
            (line,) = said.body.splitlines()
            kept = parse_note((tmp_path / f"{LOG}.checkpoint").read_text())
            assert read_checkpoint(kept) == LONG.checkpoint(size)
            assert KEY.public.stated_time(kept) == NOW
            assert parse_note(f"{LONG.note(size)}{line}\n") == kept


def test_another_size_is_answered_with_the_one_that_is_known(tmp_path: Path) -> None:
    """A log that does not know asks for 0, and hears what it must prove from."""
    with Witnessed(tmp_path) as witnessed:
        witness(witnessed).add(LONG.ask(0, 33))
        said = witness(witnessed).add(LONG.ask(0, 40))
        assert (said.status, said.body, said.media_type) == (409, "33\n", "text/x.tlog.size")
        assert cosigned(witness(witnessed).add(LONG.ask(33, 40)))


def test_a_fork_is_refused_for_ever_and_its_proof_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Both signed notes stay on the disk, and what was cosigned stays what it was."""
    with Witnessed(tmp_path) as witnessed:
        assert cosigned(witness(witnessed).add(LONG.ask(0, 30)))
        assert witness(witnessed).add(FORKED.ask(30, 30)).status == 409
        assert witness(witnessed).add(FORKED.ask(30, 40)).status == 422
    with Witnessed(tmp_path) as witnessed:
        assert witness(witnessed).add(FORKED.ask(30, 40)).status == 422
        (fork,) = tmp_path.glob(f"{LOG}.fork-*")
        assert read_checkpoint(parse_note(fork.read_text())) == FORKED.checkpoint(30)
        assert "FORK of astrolabe-test" in caplog.text
        assert cosigned(witness(witnessed).add(LONG.ask(30, 40)))


def test_forks_fill_no_disk(tmp_path: Path) -> None:
    """However many there are, some are kept."""
    with Witnessed(tmp_path) as witnessed:
        for nth in range(MOST_FORKS + 5):
            witnessed.keep_fork("log", f"note {nth}")
    assert len(list(tmp_path.glob("*.fork-*"))) == MOST_FORKS


def test_one_folder_is_one_witnesss(tmp_path: Path) -> None:
    """A second witness over what the first has cosigned is refused, until the first has ended."""
    with Witnessed(tmp_path), pytest.raises(StoreError, match="Another witness"):
        Witnessed(tmp_path)
    Witnessed(tmp_path).close()


def test_what_is_damaged_is_not_taken_for_nothing(tmp_path: Path) -> None:
    """Where the last checkpoint cannot be read nothing is cosigned: any history would seem to follow."""
    with Witnessed(tmp_path) as witnessed:
        (tmp_path / f"{LOG}.checkpoint").write_text("nonsense")
        with pytest.raises(StoreError, match="damaged"):
            witness(witnessed).add(LONG.ask(0, 3))


def test_the_key_is_made_once(tmp_path: Path) -> None:
    """Its private half is its owner's alone; a key that is gone is not made anew, and its name is one."""
    key = ensure_key(tmp_path, "witness.example/w1")
    assert ensure_key(tmp_path) == ensure_key(tmp_path, "witness.example/w1") == key
    assert parse_cosigner_key((tmp_path / "witness.pub").read_text()) == key.public
    assert (tmp_path / "witness.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(StoreError, match="one name"):
        ensure_key(tmp_path, "another")
    (tmp_path / "witness.key").unlink()
    with pytest.raises(StoreError, match="cannot be used"):
        ensure_key(tmp_path)
    with pytest.raises(StoreError, match="cannot be a witness's name"):
        ensure_key(tmp_path / "else", "a b")


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A witness on a port of its own."""
    with Witnessed(tmp_path) as witnessed:
        server = Server(witness_app(witness(witnessed)), "127.0.0.1", 0)
        task = asyncio.create_task(server._serve())
        await server.ready.wait()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
            yield client
        server.stop()
        await task


async def test_it_is_asked_over_http(served: httpx.AsyncClient, tmp_path: Path) -> None:
    """Each status as it is said; the key and the last checkpoint can be read."""
    assert (await served.post("/add-checkpoint", content=LONG.ask(0, 30))).status_code == 200
    other = await served.post("/add-checkpoint", content=LONG.ask(0, 40))
    assert (other.status_code, other.text, other.headers["content-type"]) == (409, "30\n", "text/x.tlog.size")
    for body, status in (
        (b"nonsense", 400),
        (b"x" * (LARGEST_REQUEST + 1), 413),
        (LONG.ask(0, 9).replace(b"astrolabe-test", b"another-log"), 404),
        (FORKED.ask(30, 30), 409),
        (FORKED.ask(30, 40), 422),
    ):
        assert (await served.post("/add-checkpoint", content=body)).status_code == status
    assert parse_cosigner_key((await served.get("/")).text) == KEY.public
    last = await served.get(f"/log/{LOG}/checkpoint")
    assert read_checkpoint(parse_note(last.text)) == LONG.checkpoint(30)
    assert (await served.get(f"/log/{'0' * 64}/checkpoint")).status_code == 404
    assert (await served.get("/else")).status_code == 404
    assert (await served.get("/add-checkpoint")).status_code == 405
    (tmp_path / f"{LOG}.checkpoint").write_text("nonsense")
    assert (await served.post("/add-checkpoint", content=LONG.ask(30, 40))).status_code == 500


async def test_of_two_histories_asked_for_at_once_one_is_cosigned(served: httpx.AsyncClient) -> None:
    """Nobody slips between the look at the last checkpoint and the keeping of the next."""
    assert (await served.post("/add-checkpoint", content=LONG.ask(0, 10))).status_code == 200
    bodies = [each.ask(10, size) for size in range(25, 45) for each in (LONG, FORKED)]
    answers = await asyncio.gather(*(served.post("/add-checkpoint", content=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * (len(bodies) - 1)]


class NeverTwoHistories(RuleBasedStateMachine):
    """Whoever holds the log's key asks for whatever they like, and the witness dies whenever it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.cosigned: list[tuple[History, int]] = []
        self.histories = [History(())]

    @initialize()
    def start(self) -> None:
        """The witness starts for the first time."""
        self.witnessed = Witnessed(self.folder)

    def teardown(self) -> None:
        """Leave nothing behind."""
        if hasattr(self, "witnessed"):
            self.witnessed.close()
        shutil.rmtree(self.folder)

    @rule(data=st.data(), more=st.integers(1, 9))
    def grow_or_fork(self, data: st.DataObject, more: int) -> None:
        """A history goes on from any place in any other."""
        base = data.draw(st.sampled_from(self.histories))
        at = data.draw(st.integers(0, len(base.leaves)))
        name = len(self.histories)
        self.histories.append(History((*base.leaves[:at], *(b"%d/%d" % (name, nth) for nth in range(more)))))

    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        """Any checkpoint of any history, with the size that the witness knows or any other, and a proof or another."""
        history = data.draw(st.sampled_from(self.histories))
        size = data.draw(st.integers(0, len(history.leaves)))
        known = self.cosigned[-1][1] if self.cosigned else 0
        old = data.draw(st.sampled_from([known, known, known, *range(size + 1)]))
        prover = data.draw(st.sampled_from([history, history, *self.histories]))
        proof = prover.proof(old, size) if size <= len(prover.leaves) else ()
        said = witness(self.witnessed).add(AddCheckpoint(old, proof, history.note(size)).body)
        if said.status == 200:
            self.cosigned.append((history, size))
        follows = not self.cosigned or self.cosigned[-1][0].leaves[:known] == history.leaves[:known]
        if (old, prover) == (known, history) and known <= size and follows:
            assert said.status == 200, said

    @rule(torn=st.booleans())
    def die(self, torn: bool) -> None:
        """The witness ends, perhaps in the middle of writing, and starts anew."""
        self.witnessed.close()
        if torn:
            (self.folder / f".{LOG}.checkpoint.part").write_text("half a no")
        self.witnessed = Witnessed(self.folder)

    @invariant()
    def what_was_cosigned_is_one_history(self) -> None:
        """Each checkpoint cosigned holds the one before it, and none is smaller."""
        for (before, old), (after, size) in zip(self.cosigned, self.cosigned[1:], strict=False):
            assert old <= size
            assert before.leaves[:old] == after.leaves[:old]


NeverTwoHistories.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestNeverTwoHistories = NeverTwoHistories.TestCase


async def test_a_witness_of_its_own_dies_and_remembers(tmp_path: Path) -> None:
    """`astrolabe witness` needs a folder and a log's key; killed and started again it is the same, and as strict."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    words = ("witness", "--data", str(tmp_path), "--bind", f"127.0.0.1:{port}", "--log", LOG_KEY.public.text)
    keys: set[str] = set()
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        for asked, status in ((LONG.ask(0, 30), 200), (FORKED.ask(30, 30), 409)):
            child = supervise(run_astrolabe(*words), env=dict(os.environ), log=tmp_path / "said")
            try:
                async with asyncio.timeout(30):
                    while not await _answers(client):
                        await asyncio.sleep(0.02)
                keys.add((await client.get("/")).text)
                assert (await client.post("/add-checkpoint", content=asked)).status_code == status
            finally:
                child.signal(SIGKILL)
                await child.wait()
    assert len(keys) == 1


async def _answers(client: httpx.AsyncClient) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return (await client.get("/")).is_success
    return False
