from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astrolabe.domain.problem import Refused
from astrolabe.domain.recorded import Cause, Recorded
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.subject import Subject
from astrolabe.domain.webhooks.decider import (
    MOST_ENDPOINTS,
    WEBHOOKS_DECIDER,
    AddEndpoint,
    ChangeEndpoint,
    DisableEndpoint,
    EnableEndpoint,
    RemoveEndpoint,
    RotateSecret,
    WebhookCommand,
)
from astrolabe.domain.webhooks.endpoint import EndpointConfig, Endpoints
from astrolabe.domain.webhooks.headline import headline
from astrolabe.domain.webhooks.notification import NOT_NOTIFIED, TYPES, encode, events_of_instances, notification
from astrolabe.domain.webhooks.retrying import JITTER, LONGEST_WISH, SCHEDULE, next_pause
from tests.domain.samples import AT, EVENTS, UP, succeeded, turned_back

CHAT = EndpointConfig("chat", "https://hooks.example.com/")
ID = "0190f000-0000-7000-8000-00000000000a"
DAY = timedelta(days=1)
BY = Cause("ci", "why", "api")
ABOUT = Subject("flags", "unleash", UP, "5.6.0", "6.10.1")


def after(*commands: WebhookCommand) -> Endpoints:
    """The endpoints after some commands."""
    endpoints = Endpoints()
    for command in commands:
        endpoints = WEBHOOKS_DECIDER.replay(WEBHOOKS_DECIDER.decide(command, endpoints), endpoints)
    return endpoints


ADD = AddEndpoint(ID, CHAT, "key")


def test_every_event_of_an_instance_is_told_or_knowingly_not() -> None:
    """An event that is added must be given a type, or be named among those that nobody is told of."""
    assert set(TYPES) | NOT_NOTIFIED == set(events_of_instances())
    assert not set(TYPES) & NOT_NOTIFIED
    assert len(set(TYPES.values())) == len(TYPES)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_a_notification_is_thin(event) -> None:
    """It holds ids, links, names, versions and one sentence, and nothing else of what the event says."""
    if type(event) not in TYPES:
        return
    recorded = Recorded(ID, 7, "0190f000-0000-7000-8000-0000000000ee", Cause("ci", "why", "api"), AT, event, "{}", 12)
    told = notification(recorded, TYPES[type(event)], ABOUT)
    text = encode(told).decode()
    assert (told.id, told.streamversion, told.position) == (recorded.event_id, 7, "12")
    assert told.data.upgrade_id == getattr(event, "upgrade_id", None)
    assert (told.data.name, told.data.product) == ("flags", "unleash")
    for secret in ("boom", "sha512", "why", "did not answer", "Look at", "4242", "systemctl", "unleash-server"):
        assert secret not in text


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_a_chat_shows_a_notification_unaided(event) -> None:
    """Its sentence names the instance and its product, and the versions where it is about an upgrade."""
    if type(event) not in TYPES:
        return
    said = headline(event, ABOUT)
    assert said.startswith("flags (unleash): ")
    assert said.endswith(".")
    assert "something happened" not in said
    assert len(said) < 200


def test_a_sentence_says_what_came_of_an_upgrade() -> None:
    """Versions, downtime and the code of a problem are in it."""
    assert headline(succeeded, ABOUT) == (
        "flags (unleash): the upgrade from 5.6.0 to 6.10.1 succeeded, after 6.2 s of downtime."
    )
    assert headline(turned_back, ABOUT) == (
        "flags (unleash): the upgrade from 5.6.0 to 6.10.1 goes back, because migrate failed (health-never-came)."
    )


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_sequences_compare_as_the_places_in_the_log(one: int, other: int) -> None:
    """The extension asks for texts that can be ordered as texts."""
    first, second = (notification(_recorded(position=each), "astrolabe.upgrade.succeeded") for each in (one, other))
    assert first.sequence
    assert second.sequence
    assert (first.sequence < second.sequence) == (one < other)
    assert int(first.sequence) == one


def test_whoever_asked_is_named_and_a_worker_is_the_system() -> None:
    """A token is an API key by its label; what a worker did is the system's, whoever asked for it."""
    asked = notification(_recorded(Cause("ci", "why", "api")), "astrolabe.upgrade.succeeded")
    done = notification(_recorded(Cause("ci", "why", "worker/w1")), "astrolabe.upgrade.succeeded")
    assert (asked.authtype, asked.authid) == ("api_key", "ci")
    assert (done.authtype, done.authid) == ("system", None)
    assert asked.recordedtime == AT


def _recorded(cause: Cause = BY, position: int = 12) -> Recorded[e.Event]:
    return Recorded(ID, 7, "0190f000-0000-7000-8000-0000000000ee", cause, AT, succeeded, "{}", position)


def test_given_an_endpoint_when_it_is_disabled_then_nothing_more_follows_from_disabling() -> None:
    """What is so already needs no event; enabling undoes it."""
    off = after(ADD, DisableEndpoint(ID, "gone"))
    assert off.find("chat").disabled == "gone"
    assert WEBHOOKS_DECIDER.decide(DisableEndpoint(ID), off) == ()
    on = after(ADD, DisableEndpoint(ID), EnableEndpoint(ID))
    assert (on.find(ID).disabled, on.find(ID).version) == (None, 3)
    assert WEBHOOKS_DECIDER.decide(EnableEndpoint(ID), on) == ()


def test_given_a_name_in_use_when_it_is_asked_for_then_it_is_refused() -> None:
    """A name is unique among those that there are, also after a change, and free after a removal."""
    other = AddEndpoint("other", EndpointConfig("other", CHAT.url), "key")
    with pytest.raises(Refused):
        after(ADD, AddEndpoint("b", CHAT, "key"))
    with pytest.raises(Refused):
        after(ADD, other, ChangeEndpoint("other", CHAT))
    assert after(ADD, RemoveEndpoint(ID), AddEndpoint("b", CHAT, "key")).find("chat").endpoint_id == "b"
    with pytest.raises(Refused):
        after(ADD, RemoveEndpoint(ID), RemoveEndpoint(ID))


def test_given_all_endpoints_that_may_be_when_one_more_is_added_then_it_is_refused() -> None:
    """Each endpoint has connections of its own, so there is an end to them."""
    many = [AddEndpoint(str(nth), EndpointConfig(f"e-{nth}", CHAT.url), "key") for nth in range(MOST_ENDPOINTS)]
    with pytest.raises(Refused, match="all there may be"):
        after(*many, ADD)


@given(st.lists(st.tuples(st.integers(0, 48), st.integers(0, 168)), max_size=8), st.integers(0, 400))
def test_a_secret_signs_exactly_until_its_overlap_ends(rotations: list[tuple[int, int]], hours: int) -> None:
    """The newest always signs; an older one as long as no rotation since wanted it gone earlier."""
    now, ends = AT, list[datetime]()
    commands: list[WebhookCommand] = [ADD]
    for pause, overlap in rotations:
        now += timedelta(hours=pause)
        commands.append(RotateSecret(ID, "key", now, timedelta(hours=overlap)))
        ends = [min(end, now + timedelta(hours=overlap)) for end in [*ends, now + timedelta(hours=overlap)]]
    at = now + timedelta(hours=hours)
    endpoint = after(*commands).find(ID)
    wanted = [nth for nth, end in enumerate(ends, 1) if end > at][-5:]
    assert list(endpoint.generations(at)) == [len(rotations) + 1, *reversed(wanted)]


def test_given_another_master_key_when_a_secret_is_rotated_then_no_old_one_signs() -> None:
    """An old secret cannot be made from a key that is gone; one of the new key overlaps as ever."""
    endpoint = after(ADD, RotateSecret(ID, "key", AT, DAY), RotateSecret(ID, "other", AT, DAY)).find(ID)
    assert (endpoint.key_id, endpoint.generations(AT)) == ("other", (3,))
    again = after(ADD, RotateSecret(ID, "other", AT, DAY), RotateSecret(ID, "other", AT, DAY)).find(ID)
    assert again.generations(AT) == (3, 2)


@given(st.integers(1, 20), st.floats(0, 1, exclude_max=True), st.none() | st.timedeltas(min_value=timedelta(0)))
def test_a_pause_is_the_schedules_and_never_shorter(tries: int, chance: float, wish: timedelta | None) -> None:
    """The pause of the schedule passes, up to a fifth longer, or as long as was asked for in reason."""
    pause = next_pause(tries, chance, wish)
    if tries > len(SCHEDULE):
        assert pause is None
        return
    plain = SCHEDULE[tries - 1]
    assert pause is not None
    assert plain <= pause <= max(plain * (1 + JITTER), min(wish or plain, LONGEST_WISH))
    if wish:
        assert pause >= min(wish, LONGEST_WISH)


def test_the_schedule_is_the_specifications() -> None:
    """Ten attempts over a little more than three days."""
    assert len(SCHEDULE) == 9
    assert timedelta(days=3) < sum(SCHEDULE, timedelta()) < timedelta(days=4)
