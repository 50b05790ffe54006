"""Which known releases are ahead of what runs."""

from astrolabe.domain.notices.notice import Runs, update_notice
from astrolabe.domain.products.release import Release
from astrolabe.domain.products.updates import is_update, releases_ahead

RUNS = Runs("0190f000-0000-7000-8000-00000000000a", "flags", "unleash", "local", "5.6.0")


def test_a_prerelease_is_news_only_to_whoever_runs_one() -> None:
    """Nobody is woken for what they would not take."""
    assert is_update("6.0.0", "5.6.0")
    assert not is_update("5.6.0", "5.6.0")
    assert not is_update("6.0.0-rc.1", "5.6.0")
    assert is_update("6.0.0-rc.2", "6.0.0-rc.1")
    assert not is_update("6.0.0", None)


def test_what_is_described_comes_before_what_was_only_reached() -> None:
    """In the order of versions, each once, with its notes where somebody wrote some."""
    described = (Release("6.10.1", "Faster."), Release("5.0.0", "Old."))
    ahead = releases_ahead("5.6.0", described, ("6.10.1", "6.2.0"))
    assert [(each.version, each.notes) for each in ahead] == [("6.2.0", ""), ("6.10.1", "Faster.")]
    assert releases_ahead("6.10.1", described, ()) == ()


def test_of_an_update_people_read_what_breaks_and_the_last_notes() -> None:
    """All that break are named, however many there are; notes are those of the last."""
    ahead = [Release(f"6.{nth}.0", f"Notes of {nth}.", breaking=nth < 2) for nth in range(6)]
    sent = update_notice(RUNS, ahead, "https://astrolabe.example")
    assert sent.title == "flags (unleash): 6.5.0 is available, 5.6.0 runs."
    assert "Breaking on the way: 6.0.0, 6.1.0" in sent.body
    assert [nth for nth in range(6) if f"Notes of {nth}." in sent.body] == [3, 4, 5]
    assert sent.body.endswith("https://astrolabe.example/#/instances/0190f000-0000-7000-8000-00000000000a")
