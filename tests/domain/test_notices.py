"""What people are sent: of what, in which words, with the notes of the release and where to read more."""

from typing import get_args

import pytest
from msgspec.structs import replace

from astrolabe.domain.notices.contact import Contact, ContactConfig, ContactRemoved, Contacts, ContactTried
from astrolabe.domain.notices.decider import (
    CONTACTS_DECIDER,
    MOST_CONTACTS,
    AddContact,
    ChangeContact,
    ContactCommand,
    RemoveContact,
    TryContact,
)
from astrolabe.domain.notices.notice import Notice, Tone, notice, page_link, together, trial
from astrolabe.domain.notices.occasion import MEANINGS, OCCASIONS, OF_EVENTS, URGENT, occasion_of
from astrolabe.domain.problem import Refused
from astrolabe.domain.products.release_notes import CrossedRelease
from astrolabe.domain.recorded import Cause, Recorded
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.subject import Subject, Subjects
from tests.domain.samples import (
    AT,
    EVENTS,
    PLAN,
    UP,
    approval_requested,
    inconsistent,
    planned,
    registered,
    requested,
    rolled_back,
    succeeded,
    turned_back,
    unwell,
)

PUBLIC = "https://astrolabe.example"
ID = "0190f000-0000-7000-8000-00000000000a"
TEAM = ContactConfig("team", "env:ASTROLABE_APPRISE_TEAM")
NOTED = replace(
    planned,
    plan=replace(
        PLAN,
        releases=(
            CrossedRelease("6.9.0", False, False, "Faster.", "", None, "ab" * 32),
            CrossedRelease("6.10.1", True, False, "Tokens must be made anew.", "", "https://notes.example", "cd" * 32),
        ),
    ),
)


def recorded(event: e.Event, version: int = 9) -> Recorded[e.Event]:
    """Record an event of the instance."""
    cause = Cause("ci", "the monthly round", "worker/w1")
    return Recorded(ID, version, "0190f000-0000-7000-8000-0000000000ee", cause, AT, event, "{}", version)


def about(*events: e.Event) -> Subject | None:
    """Return what the last of an instance's events is about."""
    history = [recorded(each, nth) for nth, each in enumerate(events, 1)]
    return Subjects().extended(history).of(len(history), UP)


HISTORY = (registered, requested, NOTED)


def test_every_occasion_has_a_meaning_and_but_for_updates_an_event() -> None:
    """None can be asked for in vain."""
    assert set(MEANINGS) == set(OCCASIONS)
    assert set(OF_EVENTS.values()) == set(OCCASIONS) - {"update"}
    assert set(OF_EVENTS) >= URGENT


def test_of_a_success_people_read_what_who_and_where() -> None:
    """Product, instance, versions, downtime, notes, reason, and the page of the upgrade, in one message."""
    sent = notice(recorded(succeeded), about(*HISTORY, succeeded), PUBLIC)
    assert sent.title == "flags (unleash): the upgrade from 5.6.0 to 6.10.1 succeeded, after 6.2 s of downtime."
    assert sent.tone == "success"
    assert "Reason: the monthly round (ci)" in sent.body
    assert "Host: local" in sent.body
    assert "Release notes of 6.10.1 (breaking): Tokens must be made anew.\nhttps://notes.example" in sent.body
    assert "Release notes of 6.9.0: Faster." in sent.body
    assert sent.body.endswith(f"\n\nhttps://astrolabe.example/#/upgrades/{UP}")


def test_of_a_way_back_people_read_why() -> None:
    """The event that ends it does not say it; the one that began it does."""
    sent = notice(recorded(rolled_back), about(*HISTORY, turned_back, rolled_back), PUBLIC)
    assert "Why: The gateway did not answer." in sent.body
    asked = notice(recorded(rolled_back), about(*HISTORY, e.RollbackStarted(UP, "request"), rolled_back), PUBLIC)
    assert "Why: somebody asked for it" in asked.body


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (approval_requested, ("waits for somebody else to approve it", f"astrolabe approve {UP}")),
        (unwell, ("UNWELL", "The gateway did not answer.", "Look at its log.", f"astrolabe rollback {UP}")),
        (inconsistent, ("INCONSISTENT", "Look at its log.", "systemctl start -- flags.service")),
    ],
    ids=["approval", "unwell", "inconsistent"],
)
def test_of_what_needs_a_person_people_read_what_to_do(event: e.Event, words: tuple[str, ...]) -> None:
    """The command stands there."""
    sent = notice(recorded(event), about(*HISTORY, event), PUBLIC)
    for each in words:
        assert each in sent.title + sent.body


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_no_message_is_long_nor_holds_what_was_seen_on_a_host(event) -> None:
    """A telephone shows it; the output of commands stays behind a token."""
    if occasion_of(event) is None:
        return
    huge = "x" * 20_000
    long = replace(NOTED, plan=replace(PLAN, releases=tuple(_huge(nth, huge) for nth in range(9))))
    sent = notice(
        replace(recorded(event), cause=Cause("ci", "y" * 2000, "api")), about(registered, requested, long), PUBLIC
    )
    assert len(sent.title) <= 240
    assert len(sent.body) < 5000
    assert "boom" not in sent.body
    assert PUBLIC in sent.body
    assert sent.tone in get_args(Tone)


def _huge(nth: int, notes: str) -> CrossedRelease:
    return CrossedRelease(f"6.{nth}.0", False, False, notes, notes, None, "ab" * 32)


def test_an_instance_without_an_upgrade_is_linked_itself() -> None:
    """What is about no upgrade leads to the instance's page."""
    refused = next(each for each in EVENTS if isinstance(each, e.AdoptionRefused))
    assert page_link("https://astrolabe.example/", recorded(refused)) == f"https://astrolabe.example/#/instances/{ID}"


def test_several_are_one_message_with_all_links_and_the_worst_tone() -> None:
    """Nobody is woken twenty times; nothing of them is lost."""
    one = Notice("one", f"text\n\n{PUBLIC}/#/upgrades/1", "success")
    other = Notice("other", f"{'long ' * 2000}\n\n{PUBLIC}/#/upgrades/2", "failure")
    both = together([one, other])
    assert (both.title, both.tone) == ("Astrolabe: 2 messages", "failure")
    assert both.body.split("\n\n") == ["one\ntext", f"{PUBLIC}/#/upgrades/1", f"other\n{PUBLIC}/#/upgrades/2"]
    assert together([one]) is one
    many = together([one] * 50)
    assert "… and 30 more." in many.body


def test_a_trial_says_which_contact_it_is() -> None:
    """Whoever has several sees which one arrives."""
    assert "The contact team is reached." in trial("team", PUBLIC).body


def after(*commands: ContactCommand) -> Contacts:
    """Return the contacts after some commands."""
    contacts = Contacts()
    for command in commands:
        contacts = CONTACTS_DECIDER.replay(CONTACTS_DECIDER.decide(command, contacts), contacts)
    return contacts


ADD = AddContact(ID, TEAM)


def test_given_a_contact_when_it_is_changed_tried_and_removed_then_each_is_an_event() -> None:
    """A change to what is so already is none; a trial changes nothing."""
    there = after(ADD)
    assert there.find("team") == Contact(ID, TEAM)
    assert CONTACTS_DECIDER.decide(ChangeContact(ID, TEAM), there) == ()
    changed = after(ADD, ChangeContact(ID, replace(TEAM, occasions=("unwell",))))
    assert (changed.find(ID).version, changed.find(ID).config.occasions) == (2, ("unwell",))
    assert CONTACTS_DECIDER.decide(TryContact(ID), there) == (ContactTried(ID),)
    assert CONTACTS_DECIDER.evolve(there, ContactTried(ID)) == there
    assert CONTACTS_DECIDER.decide(RemoveContact(ID), there) == (ContactRemoved(ID),)


@pytest.mark.parametrize("command", [ChangeContact("b", TEAM), RemoveContact("b"), TryContact("b")])
def test_given_no_such_contact_when_it_is_named_then_it_is_refused(command: ContactCommand) -> None:
    """Nobody takes another's place by a slip."""
    with pytest.raises(Refused):
        after(ADD, command)


def test_given_a_name_in_use_when_it_is_asked_for_then_it_is_refused() -> None:
    """A name is unique among those that there are, and free after a removal."""
    with pytest.raises(Refused):
        after(ADD, AddContact("b", TEAM))
    with pytest.raises(Refused):
        after(ADD, AddContact("b", replace(TEAM, name="other")), ChangeContact("b", TEAM))
    assert after(ADD, RemoveContact(ID), AddContact("b", TEAM)).find("team").contact_id == "b"


def test_given_all_contacts_that_may_be_when_one_more_is_added_then_it_is_refused() -> None:
    """There is an end to them."""
    many = [AddContact(str(nth), replace(TEAM, name=f"c-{nth}")) for nth in range(MOST_CONTACTS)]
    with pytest.raises(Refused, match="which is all"):
        after(*many, ADD)


def test_a_contact_wants_what_it_names() -> None:
    """Of occasions and of instances; of all where it names none."""
    assert TEAM.wants("succeeded", ID)
    picky = replace(TEAM, occasions=("unwell",), instances=(ID,))
    assert picky.wants("unwell", ID)
    assert not picky.wants("succeeded", ID)
    assert not picky.wants("unwell", "another")
