import msgspec
from hypothesis import given
from hypothesis import strategies as st

from astrolabe.domain.bounds import fit
from astrolabe.domain.plans.rollback_point import NAMED, OTHERS, Writes

counts = st.dictionaries(st.integers(0, 300).map("public.t{}".format), st.integers(1, 9), max_size=NAMED + 50)
texts = st.text(st.sampled_from('a"\\\n\x1b\u00e9\u20ac\U0001f600'), max_size=60)


@given(texts, st.integers(0, 80))
def test_a_text_is_cut_by_what_it_costs(text: str, most: int) -> None:
    """The longest beginning is kept whose JSON is short enough; escapes and letters stay whole."""
    kept = fit(text, most)
    assert text.startswith(kept)
    assert len(msgspec.json.encode(kept)) - 2 <= most
    assert kept == text or len(msgspec.json.encode(text[: len(kept) + 1])) - 2 > most


def test_of_very_many_tables_the_most_written_are_named() -> None:
    """An event counts 200 tables by name and all others as one; nothing is lost from the sum."""
    many = {f"public.t{nth}": nth for nth in range(1, 1001)}
    told = Writes(sum(many.values()), many).bounded()
    assert len(told.tables) == NAMED + 1
    assert told.total == sum(told.tables.values()) == sum(many.values())
    assert told.tables["public.t1000"] == 1000
    assert "public.t800" not in told.tables
    few = Writes(3, {"public.items": 3})
    assert few.bounded() == few


@given(counts, counts)
def test_what_was_written_since_is_counted_whole(before: dict[str, int], more: dict[str, int]) -> None:
    """However many tables there are, all that was written between two counts is in the sum, by name where it can be."""
    now = {name: before.get(name, 0) + more.get(name, 0) for name in before | more}
    told = Writes(sum(before.values()), before).bounded()
    since = Writes(sum(now.values()), now).since(told, None)
    assert since.total == sum(more.values()) == sum(since.tables.values())
    if len(before) <= NAMED:
        assert since.tables == more


def test_a_counter_that_fell_was_lost() -> None:
    """After a crash of its server nobody knows how much was written, also where a table is among the others."""
    many = {f"public.t{nth}": 5 for nth in range(NAMED + 9)}
    before = Writes(0, many).bounded()
    assert Writes(0, many | {"public.t0": 4}).since(before, None).total is None
    assert Writes(0, dict.fromkeys(many, 1)).since(before, None).total is None
    assert Writes(0, {}).since(Writes(5, {"public.items": 5}), None).total is None
    assert OTHERS in before.tables


def test_the_products_own_table_does_not_count() -> None:
    """Its history of migrations is no user's writing."""
    before = Writes(2, {"public.migrations": 2})
    assert Writes(9, {"public.migrations": 7, "public.items": 2}).since(before, "public.migrations") == Writes(
        2, {"public.items": 2}
    )
