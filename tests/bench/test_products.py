"""The page of proven products: written from what was kept, and never by hand."""

import re

from msgspec.structs import replace

from bench.products import PAGE, Proven, keep, kept, remark, row, written
from tests.e2e.strangers import STRANGERS
from tests.projects.recipes import RECIPES

FLAGS = Proven("flags", "1.0.0", "2.0.0", (4200, 3140, 2990), "Node 20, PostgreSQL 18", "2026-11-29", "killed", "mail")
OTHER = Proven("other", "1.0.0", "1.1.0", (1000, 1000, 1000), "Node 20, PostgreSQL 18", "2026-11-28", "killed", "files")
EMPTY = """\
# Page

<!-- products: figures -->
<!-- /products -->

<!-- products: remarks -->
<!-- /products -->
"""


def test_a_page_holds_what_was_seen_and_what_was_not() -> None:
    """A row of figures and a line of words for each product, by name."""
    page = written(EMPTY, [OTHER, FLAGS])
    assert "| flags | 1.0.0 | 2.0.0 | 4.2 s | 3.1 s | 3.0 s | 2026-11-29 | Node 20, PostgreSQL 18 |\n| other |" in page
    assert "- **flags**: killed. Not covered: mail.\n- **other**: killed. Not covered: files.\n" in page
    assert written(page, [OTHER, FLAGS]) == page


def test_a_run_of_one_product_leaves_the_others_on_the_page() -> None:
    """Each row says of which day it is."""
    before = written(EMPTY, [OTHER, FLAGS])
    newer = replace(FLAGS, day="2026-11-30")
    page = written(before, [newer])
    assert row(OTHER) in page
    assert row(newer) in page
    assert row(FLAGS) not in page


def test_what_was_kept_is_read_again(tmp_path, monkeypatch) -> None:
    """What is seen later takes the place of what was seen before."""
    monkeypatch.setattr("bench.products.KEPT", tmp_path)
    keep(FLAGS)
    keep(OTHER)
    keep(FLAGS)
    assert kept() == [FLAGS, OTHER]


def test_the_page_has_products_that_are_upgraded_here() -> None:
    """Each of them has figures and words, and whoever reads of one can upgrade it."""
    page = PAGE.read_text("utf-8")
    figures = set(re.findall(r"^\| ([a-z0-9-]+) \| \d", page, re.MULTILINE))
    assert figures == set(re.findall(r"^- \*\*([a-z0-9-]+)\*\*: ", page, re.MULTILINE))
    assert figures <= {"unleash", *STRANGERS, *(f"{name}-compose" for name in RECIPES)}
    assert remark(FLAGS).startswith("- **flags**: ")
