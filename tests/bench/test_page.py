"""The page: what is written into it, and where."""

from xml.etree import ElementTree as ET

import pytest

from bench.figures import Sample, lines
from bench.page import PAGE, between, drawn, relative

SPEEDS = (("theirs", 0, 100.0), ("ours", 0, 80.0), ("theirs", 1, 50.0), ("ours", 1, 60.0))
LINES = lines([Sample(who, 8, nth, speed) for who, nth, speed in SPEEDS], "theirs")


def test_a_table_tells_ratios_alone():
    """A column for each but the yardstick, and no absolute number, which would be one machine's."""
    assert relative(LINES, "theirs").splitlines() == ["| clients | ours |", "|---|---|", "| 8 | 1.00 (0.80 to 1.20) |"]


def test_what_was_there_is_replaced_and_nothing_else():
    """Only what stands between the marks of the work changes, however often."""
    page = "a\n<!-- bench: x y -->\nold\n<!-- /bench -->\nb\n<!-- bench: z -->\nkept\n<!-- /bench -->\n"
    once = between(page, "x y", "new\\1\n")
    assert once == page.replace("old", "new\\1")
    assert between(once, "x y", "new\\1\n") == once
    with pytest.raises(ValueError, match="0 places for nothing"):
        between(page, "nothing", "")


@pytest.mark.parametrize("name", ["append", "accept", "carry out", "read back", "rest", "pull"])
def test_the_page_has_a_place_for_each_work(name):
    """What is measured can be written."""
    assert "put here" in between(PAGE.read_text("utf-8"), name, "put here\n")


def test_a_picture_has_a_bar_a_line():
    """It is well-formed SVG, with a bar for each contender and the paper behind them."""
    picture = ET.fromstring(drawn(LINES))  # noqa: S314  our own
    assert len(picture.findall("{http://www.w3.org/2000/svg}rect")) == len(LINES) + 1
