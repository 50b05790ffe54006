"""Notices reach people through Apprise: by chat, ntfy and mail, once, with back-off, and with no secret in a log."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec.structs import replace

from astrolabe.domain.notices.contact import ContactConfig
from astrolabe.domain.notices.decider import AddContact, ChangeContact, RemoveContact, TryContact
from astrolabe.domain.notices.hours import QuietHours
from astrolabe.domain.products.release_notes import CrossedRelease
from astrolabe.domain.products.version_order import order
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades import events as e
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.log.tail import Tail
from astrolabe.store.notices.queue import NoticeQueue, NoticeView
from astrolabe.store.notices.settings import NoticeSettings
from astrolabe.store.products import catalogue
from astrolabe.store.products.catalogue import load_products
from astrolabe.store.streams.contacts import ContactBook
from astrolabe.store.views.projector import Projector
from astrolabe.workers.relay.notices import dispatcher, sending, url
from astrolabe.workers.relay.notices.dispatcher import NoticeDispatcher
from astrolabe.workers.relay.notices.outlet import UNREACHED, UNUSABLE
from astrolabe.workers.relay.notices.url import UnusableUrl, read_url
from tests.domain.samples import AT, PLAN, PROBLEM, planned, registered, requested, succeeded, turned_back
from tests.store.stage import running
from tests.waiting import until
from tests.workers.mailbox import Mailbox
from tests.workers.receiver import Receiver, answer

BY = Cause("ci", "the monthly round", "test")
HERE = (ip_network("127.0.0.0/8"),)
PUBLIC = "https://astrolabe.example"
SECRET = "hunter2-of-the-team"
NOTES = CrossedRelease("6.10.1", True, False, "Tokens must be made anew.", "", None, "ab" * 32)


class Office:
    """A log with contacts, whose URLs are files, and a part of the relay that notifies them."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.log = Log(database)
        self.book = ContactBook(self.log)
        self.queue = NoticeQueue(database)
        self.database = database
        self.folder = folder
        self.settings = NoticeSettings(PUBLIC, HERE, (folder,))

    async def add(self, name: str, url: str, **config) -> str:
        """Add a contact; its id."""
        place = self.folder / f"{name}.apprise"
        place.write_text(f"{url}\n")
        contact_id = new_id()
        await self.book.execute(AddContact(contact_id, ContactConfig(name, f"file:{place}", **config)), BY)
        return contact_id

    async def happens(self, *more: e.Event) -> str:
        """Let an instance be upgraded until these events; the upgrade's id."""
        instance_id, upgrade_id = new_id(), new_id()
        noted = replace(planned, plan=replace(PLAN, releases=(NOTES,)))
        events = [registered, *(replace(each, upgrade_id=upgrade_id) for each in (requested, noted, *more))]
        await self.log.append(instance_id, 0, events, BY)
        await self.place()
        return upgrade_id

    async def place(self) -> None:
        """Place every event."""
        await Sequencer(self.database).drain()

    async def become(self, contact_id: str, state: str, many: int = 1) -> list[NoticeView]:
        """Wait until so many notices of a contact are in a state."""
        async with asyncio.timeout(30):
            while True:
                found = [each for each in await self.queue.list(contact_id) if each.state == state]
                if len(found) >= many:
                    return found
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def notifying(self) -> AsyncIterator[NoticeDispatcher]:
        """Let a relay notify people."""
        async with Tail(self.database) as tail:
            made = NoticeDispatcher(self.database, tail, self.settings)
            async with running(made.run()):
                yield made


@pytest_asyncio.fixture
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    """An office with a log of its own."""
    async with Database(database_url) as database:
        yield Office(database, tmp_path)


async def test_chat_telephone_and_mail_get_it_with_notes_and_a_link(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """Three services of Apprise, each in its own form, and none of their secrets in a log or in the database."""
    caplog.set_level(logging.DEBUG)
    async with Receiver.listening() as chat, Receiver.listening() as ntfy, Mailbox.listening() as mail:
        await office.add("chat", f"json://bot:{SECRET}@127.0.0.1:{chat.port}/{SECRET}")
        await office.add("ntfy", f"ntfy://127.0.0.1:{ntfy.port}/{SECRET}")
        await office.add("mail", mail.url)
        upgrade_id = await office.happens(succeeded)
        async with office.notifying():
            await until(lambda: bool(chat.got and ntfy.got and mail.got))
            for contact_id in (await office.book.current()).by_id:
                await office.become(contact_id, "delivered")
    title = "flags (unleash): the upgrade from 5.6.0 to 6.10.1 succeeded, after 6.2 s of downtime."
    assert (chat.got[0].told["title"], chat.got[0].told["type"]) == (title, "success")
    assert (ntfy.got[0].told["title"], ntfy.got[0].told["topic"]) == (title, SECRET)
    assert mail.got[0]["subject"] == title
    for text in (chat.got[0].told["message"], ntfy.got[0].told["message"], Mailbox.text(mail.got[0])):
        assert "Release notes of 6.10.1 (breaking): Tokens must be made anew." in text
        assert "Reason: the monthly round (ci)" in text
        assert text.strip().endswith(f"{PUBLIC}/#/upgrades/{upgrade_id}")
    assert SECRET not in caplog.text
    rows = await office.database.pool.fetch("SELECT entry FROM event UNION ALL SELECT n::text FROM notice n")
    assert SECRET not in " ".join(row[0] for row in rows)


async def test_what_does_not_arrive_is_sent_again_and_arrives_once(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The failure is recorded and logged by its status alone; what arrived is not sent again."""
    monkeypatch.setattr(dispatcher, "next_pause", lambda _tries, _chance: timedelta(seconds=0.2))
    async with Receiver.listening() as chat:
        chat.reply = lambda _: answer(503, f"no {SECRET}") if not chat.got else answer(200)
        contact_id = await office.add("chat", f"json://bot:{SECRET}@127.0.0.1:{chat.port}/")
        await office.happens(succeeded)
        async with office.notifying():
            (delivered,) = await office.become(contact_id, "delivered")
        async with office.notifying() as again:
            await office.happens()
            await until(lambda: not again._served)
        assert (delivered.attempts, delivered.said, len(chat.got)) == (2, "", 2)
    assert "contact chat: The service answered 503." in caplog.text
    assert SECRET not in caplog.text


async def test_after_the_last_try_it_is_given_up_with_the_reason(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody answers, the notice says so, and the next one is sent all the same."""
    monkeypatch.setattr(dispatcher, "next_pause", lambda _tries, _chance: None)
    async with Receiver.listening() as chat:
        port = chat.port
    contact_id = await office.add("chat", f"json://127.0.0.1:{port}/")
    await office.happens(succeeded)
    async with office.notifying():
        (failed,) = await office.become(contact_id, "failed")
    assert (failed.said, failed.attempts) == (UNREACHED, 1)


async def test_only_what_a_contact_asked_for_reaches_it_and_only_from_then_on(office: Office) -> None:
    """By occasion; whoever was removed gets nothing, nor what waited for it."""
    async with Receiver.listening() as chat:
        await office.happens(succeeded)
        picky = await office.add("picky", f"json://127.0.0.1:{chat.port}/picky", occasions=("taken-back",))
        gone = await office.add("gone", f"json://127.0.0.1:{chat.port}/gone", digests=("00:00",))
        back = e.UpgradeRolledBack("", "5.6.0", AT, (), 9000)
        await office.happens(succeeded)
        await office.happens(turned_back, back)
        async with office.notifying():
            await office.become(picky, "delivered")
            assert len(await office.queue.list(gone)) == 2
            await office.book.execute(RemoveContact(gone), BY)
            await office.place()
            async with asyncio.timeout(30):
                while await office.queue.list(gone):
                    await asyncio.sleep(0.02)
        (got,) = chat.got
    assert "was taken back, 5.6.0 serves" in got.told["title"]
    assert f"Why: {PROBLEM.detail}" in got.told["message"]


async def test_what_waits_for_a_digest_comes_as_one_message(office: Office) -> None:
    """Urgent ones do not wait for it."""
    unwell = e.UpgradeUnwell("", "6.10.1", PROBLEM, succeeded.counters, AT)
    async with Receiver.listening() as chat:
        contact_id = await office.add("chat", f"json://127.0.0.1:{chat.port}/", digests=("00:00", "12:00"))
        upgrades = [await office.happens(succeeded) for _ in range(3)]
        async with office.notifying():
            await office.happens(unwell)
            await office.become(contact_id, "delivered")
            assert "UNWELL" in chat.got[0].told["title"]
            assert len(await office.become(contact_id, "pending", 3)) == 3
            await office.database.pool.execute("UPDATE notice SET due_at = now() WHERE state = 'pending'")
            await office.happens(unwell)
            await office.become(contact_id, "delivered", 5)
        (digest,) = [each for each in chat.got if "3 messages" in each.told["title"]]
    assert all(f"{PUBLIC}/#/upgrades/{each}" in digest.told["message"] for each in upgrades)


async def test_what_falls_due_in_quiet_hours_is_put_off_to_their_end(office: Office) -> None:
    """Also a retry, or what a relay finds that was down."""
    now = datetime.now(UTC)
    quiet = QuietHours((now - timedelta(hours=1)).strftime("%H:%M"), (now + timedelta(hours=2)).strftime("%H:%M"))
    async with Receiver.listening() as chat:
        contact_id = await office.add("chat", f"json://127.0.0.1:{chat.port}/")
        await office.happens(succeeded)
        config = (await office.book.current()).find(contact_id).config
        await office.book.execute(ChangeContact(contact_id, replace(config, quiet=quiet)), BY)
        await office.place()
        async with office.notifying():
            async with asyncio.timeout(30):
                while not [each for each in await office.queue.list(contact_id) if each.due_at > now]:
                    await asyncio.sleep(0.02)
            await office.book.execute(TryContact(contact_id), BY)
            await office.place()
            (delivered,) = await office.become(contact_id, "delivered")
    (waiting,) = await office.become(contact_id, "pending")
    assert (waiting.due_at.strftime("%H:%M"), waiting.attempts) == (quiet.end, 0)
    assert delivered.occasion == "trial"
    assert [each.told["title"] for each in chat.got] == ["Astrolabe: messages arrive"]


async def test_two_relays_notify_once(office: Office) -> None:
    """What one of them took the other leaves alone."""
    async with Receiver.listening() as chat:
        contact_id = await office.add("chat", f"json://127.0.0.1:{chat.port}/")
        async with office.notifying(), office.notifying():
            for _ in range(3):
                await office.happens(succeeded)
            await office.become(contact_id, "delivered", 3)
        said = [line for got in chat.got for line in got.told["message"].split() if line.startswith(PUBLIC)]
    assert len(said) == len(set(said)) == 3


async def test_of_an_update_people_hear_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a product's file describes a release that is ahead of what runs, with its notes; of a newer one again."""
    monkeypatch.setattr(dispatcher, "UPDATES_SECONDS", 0.1)
    products = office.folder / "products"
    products.mkdir()
    unleash = load_products()["unleash"]
    text = Path(catalogue.BUILT_IN / "unleash.toml").read_text("utf-8")
    (products / "unleash.toml").write_text(text)
    releases = products / "unleash.releases.toml"
    newest = order(max((each.version for each in unleash.release), key=order, default="6.10.1"))
    ahead, further = f"{newest.major + 1}.0.0", f"{newest.major + 1}.1.0"
    described = f'[[release]]\nversion = "{ahead}"\nbreaking = true\nnotes = "Tokens must be made anew."\n'
    releases.write_text(described)
    office.settings = replace(office.settings, products=(products,))
    instance_id = new_id()
    await office.log.append(instance_id, 0, [registered], BY)
    await office.place()
    await Projector(office.database, office.log).drain()
    async with Receiver.listening() as chat:
        contact_id = await office.add("chat", f"json://127.0.0.1:{chat.port}/", occasions=("update",))
        async with office.notifying():
            await office.become(contact_id, "delivered")
            releases.write_text(f'{described}\n[[release]]\nversion = "{further}"\nnotes = "Faster."\n')
            await office.become(contact_id, "delivered", 2)
    first, second = (each.told for each in chat.got)
    assert first["title"] == f"flags (unleash): {ahead} is available, 5.6.0 runs."
    assert f"Release notes of {ahead} (breaking): Tokens must be made anew." in first["message"]
    assert f"astrolabe plan flags {ahead}" in first["message"]
    assert first["message"].endswith(f"{PUBLIC}/#/instances/{instance_id}")
    assert second["title"] == f"flags (unleash): {further} is available, 5.6.0 runs."
    assert f"Breaking on the way: {ahead}" in second["message"]


async def send(office: Office, place: str, given: dict[str, str] | None = None) -> str | None:
    """Send a message to whom a reference names; why it did not arrive."""
    trial = dispatcher.trial("chat", PUBLIC)
    (why,) = await sending.send(office.settings, place, [trial], given or {})
    return why


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("json://10.1.2.3/", "The service leads to 10.1.2.3, which is not public"),
        ("jsons://169.254.169.254/", "The service leads to 169.254.169.254, which is not public"),
        ("mailto://192.168.0.9?from=a@mail.example&to=b@mail.example", "The service leads to 192.168.0.9"),
        ("nonsense://here", UNUSABLE),
        ("json://", UNUSABLE),
        # What Apprise would read as a configuration or an attachment is no service.
        ("file:///etc/passwd", UNUSABLE),
    ],
)
async def test_nothing_is_sent_where_webhooks_may_not_be_sent(office: Office, address: str, why: str) -> None:
    """Whichever client a service brings, inside is closed unless the operator opened it."""
    said = await send(office, "env:ASTROLABE_APPRISE_X", {"ASTROLABE_APPRISE_X": address})
    assert said
    assert said.startswith(why)


async def test_a_users_netrc_and_proxy_have_no_say(office: Office) -> None:
    """Neither a password of that user's is sent along, nor another way taken."""
    async with Receiver.listening() as chat:
        (office.folder / ".netrc").write_text(f"machine 127.0.0.1 login bot password {SECRET}\n")
        given = {"HOME": str(office.folder), "HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}
        given["ASTROLABE_APPRISE_X"] = f"json://127.0.0.1:{chat.port}/"
        assert await send(office, "env:ASTROLABE_APPRISE_X", given) is None
    assert "authorization" not in chat.got[0].headers


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not set"),
        (SECRET, "is no Apprise URL"),
        (f"json://a json://{SECRET}", "is no Apprise URL"),
        (f"syslog://{SECRET}", "is of a service of the host itself"),
    ],
)
def test_what_is_no_url_is_refused_without_a_word_of_it(tmp_path: Path, text: str, said: str) -> None:
    """A file with another secret in it was named by mistake."""
    place = tmp_path / "team.apprise"
    place.write_text(text)
    with pytest.raises(UnusableUrl, match=said) as refused:
        read_url(f"file:{place}", [tmp_path])
    assert SECRET not in str(refused.value)


def test_a_file_elsewhere_is_not_read(tmp_path: Path) -> None:
    """Also where a link leads there."""
    (tmp_path / "elsewhere").write_text("json://a")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "team.apprise").symlink_to(tmp_path / "elsewhere")
    for place in (tmp_path / "elsewhere.apprise", tmp_path / "secrets" / "team.apprise"):
        with pytest.raises(UnusableUrl, match="lies outside"):
            read_url(f"file:{place}", [tmp_path / "secrets"])


def test_a_file_that_cannot_be_read_is_not_taken_for_one_that_is_not_there(tmp_path: Path) -> None:
    """Whoever made it for another user looks at its owner, and not for the file."""
    (tmp_path / "team.apprise").mkdir()
    (tmp_path / "chat.apprise").write_bytes(b"\xff\xfe")
    for name, said in (("team", "cannot be read by the user"), ("chat", "is no text"), ("nobody", "is not set")):
        with pytest.raises(UnusableUrl, match=said):
            read_url(f"file:{tmp_path / name}.apprise", [tmp_path])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_services_of_the_host_itself_are_known_by_name() -> None:
    """Those that Apprise has: a new one is to be thought of."""
    from apprise.manager_plugins import NotificationManager

    assert {each for each in url.LOCAL if each in NotificationManager()} >= {"dbus", "syslog"}


def test_the_relay_at_rest_has_not_loaded_apprise() -> None:
    """It would be tens of megabytes in a process that rests nearly always."""
    loads = "import sys, astrolabe.cli.commands.serving.relay"
    code = f"{loads}; print([each for each in ('apprise', 'requests') if each in sys.modules])"
    ended = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
