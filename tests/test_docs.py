"""The documents: what they lead to is there, and what they show works."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from astrolabe.domain.products.product import Product
from astrolabe.domain.products.product_file import parse_product
from tests.domain.product_page import PAGE, page, section, tables

PROJECT = Path(__file__).parents[1]
PAGES = (*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md"))
NAMED = re.compile(r"`((?:api|astrolabe|bench|cli|docs|domain|migrations|store|tests|workers)/[\w./*-]+)`")
NOT_THERE = re.compile(r"^bench/results/|NAME|SUBJECT")
"""What only a run makes, and what a reader is to make."""

LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)(?:#([^)\s]+))?\)")


def called(page: Path) -> str:
    """How a page is called in what pytest prints."""
    return str(page.relative_to(PROJECT))


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    """A path in backticks is a file or a folder of the repository, or a pattern that some match."""
    named = [path for path in NAMED.findall(page.read_text("utf-8")) if not NOT_THERE.search(path)]
    missing = [path for path in named if not any(PROJECT.glob(path.rstrip("/")))]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_every_link_leads_somewhere(page: Path) -> None:
    """A link to another page, and to a heading in it, finds both."""
    for path, heading in LINK.findall(page.read_text("utf-8")):
        target = page.parent / path
        assert target.exists(), path
        if heading:
            headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}


def test_the_documented_product_file_is_one_and_leaves_nothing_out() -> None:
    """The example of docs/products.md can be read as it stands, and shows every field."""
    page = (PROJECT / "docs" / "products.md").read_text("utf-8")
    (example,) = re.findall(r"```toml\n(.+?)```", page, re.DOTALL)
    parse_product(example, "my-product.toml")
    # What excludes something else that is shown stands beside that as a remark.
    shown, remarks = tomllib.loads(example), {"entry", "log", "query"}
    assert all(f"{each} = " in example for each in remarks)
    for field in msgspec.structs.fields(Product):
        if field.name == "release":  # has a page of its own
            continue
        assert field.name in shown
        kind = type(getattr(parse_product(example, "my-product.toml"), field.name))
        if issubclass(kind, msgspec.Struct):
            assert {each.name for each in msgspec.structs.fields(kind)} - remarks == set(shown[field.name])


def test_the_reference_of_product_files_is_what_the_code_says() -> None:
    """Every field of every table is there, as its class describes it."""
    assert PAGE.read_text("utf-8") == page()
    assert all(f"`{each.name}`" in section() for _, table in tables() for each in msgspec.structs.fields(table))
