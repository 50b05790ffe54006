"""Releases: files, feeds, routes, the gate, and what migrations do."""

import hashlib
import re

import msgspec
import pytest
import semver
from hypothesis import given, settings
from hypothesis import strategies as st

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.problem import Refused
from astrolabe.domain.products.migration_type import TABLE, Migration, judge
from astrolabe.domain.products.release import Release, ReleaseError, parse_releases, read_feed
from astrolabe.domain.products.release_notes import BUDGET, MOST, crossed, judged
from astrolabe.domain.products.route import find_route
from astrolabe.domain.upgrades.gate import pass_gate
from tests.domain.samples import BARE

FILE = """\
# The releases of a product.
[[release]]
version = "2.0.0"
breaking = true
notes = "The column note is gone."
rollback = "Take the copy; the column cannot be had back."
url = "https://example.invalid/2.0.0"
required_stop = true

  [[release.migrations]]
  type = "drop-or-rename"
  on = "items"

[[release]]
version = "2.1.0"
minimum = "2.0.0"
notes = "Nothing to do."
"""


def versions(*names: str, **more: object) -> tuple[Release, ...]:
    """Make releases that say nothing but their version."""
    return tuple(Release(name, **more) for name in names)  # pyright: ignore[reportArgumentType]


def test_a_releases_file_is_read():
    """Every field lands where it belongs."""
    first, second = parse_releases(FILE, "x.releases.toml")
    assert (first.version, first.breaking, first.required_stop, second.minimum) == ("2.0.0", True, True, "2.0.0")
    assert first.migrations == (Migration("drop-or-rename", "items"),)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('version = "2.1.0"', 'version = "2.1"', 15, "regex"),
        ('minimum = "2.0.0"', "minimum = 2", 16, "str"),
        ('version = "2.1.0"', 'version = "2.0.0"', 15, "2.0.0 is described twice"),
        ("breaking = true", "braking = true", 4, "braking"),
        ('type = "drop-or-rename"', 'type = "drop"', 10, "drop"),
        ("[[release]]\nversion", "[[release]\nversion", 2, "TOML|Expected"),
        ("# The", "[release]\n# The", 3, "release"),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_line(old: str, new: str, line: int, says: str) -> None:
    """The message begins with where to look, and names what is wrong."""
    with pytest.raises(ReleaseError) as caught:
        parse_releases(FILE.replace(old, new, 1), "x.releases.toml")
    found = re.match(r"x\.releases\.toml:([0-9]+): ", str(caught.value))
    assert found
    assert abs(int(found[1]) - line) <= 1
    assert re.search(says, str(caught.value))


def test_a_feed_is_the_same_as_json():
    """What a file says in TOML a feed says in JSON."""
    releases = parse_releases(FILE, "x.releases.toml")
    assert read_feed(msgspec.json.encode({"release": releases})) == releases


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"release": 1}', b'{"releases": []}', b'{"release": [{}]}', b"\xff"]
)
def test_a_feed_with_a_mistake_is_refused(body: bytes) -> None:
    """Whatever is no list of releases is none."""
    with pytest.raises(ReleaseError):
        read_feed(body)


def test_a_release_is_proven_by_its_hash():
    """Any change of what is said of a release changes its hash."""
    release = parse_releases(FILE, "x.releases.toml")[0]
    assert release.sha256 == hashlib.sha256(msgspec.json.encode(release, order="sorted")).hexdigest()
    assert Release("2.0.0", notes="a").sha256 != Release("2.0.0", notes="b").sha256


def test_without_stops_there_is_one_leg():
    """What lies between is crossed, in order, and nothing else is."""
    route = find_route(versions("3.0.0", "1.0.0", "2.0.0", "1.5.0", "4.0.0"), "1.0.0", "3.0.0")
    assert route.legs == ("3.0.0",)
    assert [each.version for each in route.crossed] == ["1.5.0", "2.0.0", "3.0.0"]
    assert route.known
    assert route.breaking == ()


def test_two_required_stops_are_three_legs():
    """Each stop ends a leg; a stop that is the target is one only."""
    stops = versions("2.0.0", "2.1.0", required_stop=True)
    assert find_route((*stops, Release("2.2.0")), "1.1.0", "2.2.0").legs == ("2.0.0", "2.1.0", "2.2.0")
    assert find_route(stops, "1.1.0", "2.1.0").legs == ("2.0.0", "2.1.0")
    assert find_route(stops, "2.0.0", "2.1.0").legs == ("2.1.0",)


def test_a_target_without_notes_is_unknown():
    """The stops before it hold all the same; whether it breaks nobody knows."""
    route = find_route(versions("2.0.0", required_stop=True), "1.0.0", "9.0.0")
    assert route.legs == ("2.0.0", "9.0.0")
    assert not route.known
    assert route.breaking is None


def test_a_minimum_is_met_by_the_latest_release_before_it():
    """The way goes over what can be reached, and is refused where nothing can."""
    releases = (*versions("1.5.0", "1.9.0", "2.0.0-rc.1"), Release("2.1.0", minimum="1.8.0"))
    assert find_route(releases, "1.0.0", "2.1.0").legs == ("1.9.0", "2.1.0")
    with pytest.raises(Refused, match=r"1\.8\.0") as caught:
        find_route(releases[-1:], "1.0.0", "2.1.0")
    assert caught.value.code == "no-route"


NUMBERS = st.integers(1, 12).map(lambda minor: f"1.{minor}.0")
RELEASES = st.lists(
    st.builds(Release, NUMBERS, breaking=st.booleans(), required_stop=st.booleans(), minimum=st.none() | NUMBERS),
    unique_by=lambda release: release.version,
    max_size=10,
)


def allowed(releases: list[Release], here: str, there: str) -> bool:
    """Return whether one leg may go from a version to another, by the rules as they are written."""
    order = semver.Version.parse
    between = [each for each in releases if order(here) < order(each.version) <= order(there)]
    skips = any(each.required_stop and each.version != there for each in between)
    return not skips and all(not each.minimum or order(each.minimum) <= order(here) for each in between)


def fewest(releases: list[Release], here: str, there: str) -> int | None:
    """Count the legs of the shortest way, by trying them all."""
    order = semver.Version.parse
    reached, legs = {here}, 0
    while reached and there not in reached:
        stops = {each.version for each in releases} | {there}
        reached = {b for a in reached for b in stops if order(a) < order(b) <= order(there) and allowed(releases, a, b)}
        legs += 1
    return legs if reached else None


@settings(max_examples=400)
@given(RELEASES, st.sampled_from(["1.0.0", "1.3.0", "1.6.0"]), st.sampled_from(["1.7.0", "1.12.0", "1.13.0"]))
def test_a_route_keeps_every_rule_with_the_fewest_legs(releases: list[Release], current: str, target: str) -> None:
    """No stop is skipped, every minimum is met, no shorter way exists; and it is refused only where there is none."""
    shortest = fewest(releases, current, target)
    if shortest is None:
        with pytest.raises(Refused):
            find_route(releases, current, target)
        return
    legs = find_route(releases, current, target).legs
    assert legs[-1] == target
    assert all(allowed(releases, a, b) for a, b in zip((current, *legs), legs, strict=False))
    assert len(legs) == shortest


NOTED = Release("2.0.0", notes="The column note is gone.", breaking=True)


def test_a_breaking_release_is_refused_until_it_is_named():
    """The refusal names it and quotes its notes."""
    with pytest.raises(Refused, match=r"2\.0\.0: The column note is gone\.") as caught:
        pass_gate([NOTED], BARE, "1.0.0", "2.0.0", ())
    assert caught.value.code == "breaking-release"
    assert "acknowledge_breaking" in caught.value.detail
    with pytest.raises(Refused):
        pass_gate([NOTED], BARE, "1.0.0", "2.0.0", ("1.9.0",))
    assert pass_gate([NOTED], BARE, "1.0.0", "2.0.0", ("2.0.0",)).breaking == ("2.0.0",)


@pytest.mark.parametrize("releases", [[], [Release("2.0.0", notes=" \n")], [Release("1.5.0"), NOTED]])
def test_an_instance_may_ask_for_notes(releases: list[Release]) -> None:
    """A release without notes on the way, or a target that nobody described, is refused where notes are required."""
    strict = InstanceConfig("flags", "unleash", 4242, require_notes=True)
    with pytest.raises(Refused) as caught:
        pass_gate(releases, strict, "1.0.0", "2.0.0", ("2.0.0",))
    assert caught.value.code == "notes-missing"
    assert pass_gate([NOTED], strict, "1.0.0", "2.0.0", ("2.0.0",)).known
    assert pass_gate(releases, BARE, "1.0.0", "2.0.0", ("2.0.0",))


@pytest.mark.parametrize("letter", ["n", "\U0001f600", '"', "\x1b"])
def test_a_plan_holds_the_notes_within_bounds(letter: str):
    """However long and many the notes are, in whatever letters, an event can hold them; hashes prove the rest."""
    many = [
        Release(
            f"1.{n}.0",
            notes=letter * 8000,
            rollback=letter * 8000,
            url=f"https://{'x' * 480}",
            migrations=tuple(map(Migration, TABLE)) * 30,
        )
        for n in range(1, 300)
    ]
    told = crossed(find_route(many, "1.0.0", "1.299.0"))
    assert len(told) == MOST
    assert told[-1].sha256 == many[-1].sha256
    assert 0.95 * BUDGET < len(msgspec.json.encode(told)) <= BUDGET + MOST
    short = Release("1.1.0", notes="short")
    assert crossed(find_route([short], "1.0.0", "1.1.0"))[0].notes == "short"
    assert crossed(find_route([], "1.0.0", "1.1.0")) == ()


@pytest.mark.parametrize(
    ("migration", "documented", "blocks", "old_code_works"),
    [
        (Migration("add-nullable-column"), True, "nothing", True),
        (Migration("add-nullable-column", backfill=True), True, "everything", True),
        (Migration("add-column-with-default"), True, "nothing", True),
        (Migration("add-column-with-default", volatile_default=True), True, "everything", True),
        (Migration("add-index"), True, "nothing", True),
        (Migration("add-index", concurrently=False), True, "writes", True),
        (Migration("drop-or-rename"), False, "nothing", False),
        (Migration("new-table"), True, "nothing", True),
        (Migration("hnsw-rebuild"), False, "nothing", True),
        (Migration("hnsw-rebuild", concurrently=False), False, "everything", True),
    ],
)
def test_what_a_migration_does(migration: Migration, documented: bool, blocks: str, old_code_works: bool) -> None:
    """What the document says and what was measured, side by side."""
    found = judge(migration)
    assert (found.documented, found.blocks, found.old_code_works) == (documented, blocks, old_code_works)
    assert found.zero_downtime == (blocks == "nothing" and old_code_works)
    assert found.why


def test_each_sort_of_migration_is_judged_once():
    """Ten new tables are one line in a plan."""
    release = Release("1.1.0", migrations=(Migration("new-table", "a"), Migration("new-table", "b")))
    assert [each.type for each in judged(find_route([release], "1.0.0", "1.1.0"))] == ["new-table"]


def test_the_page_is_the_table():
    """docs/migrations.md has a row for each type, with what the document says and when it holds."""
    from tests.domain.migration_page import PAGE, page

    assert PAGE.read_text("utf-8") == page()
    assert len(TABLE) == 6
