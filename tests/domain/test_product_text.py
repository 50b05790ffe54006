"""The text of a product file: whatever is written is read as it was."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from astrolabe.domain.products.product import HealthCheck, Image, Npm, Product, SiblingImage, StartCommand
from astrolabe.domain.products.product_file import parse_product
from astrolabe.domain.products.product_text import product_text
from astrolabe.domain.products.release import Release
from astrolabe.store.products.catalogue import load_products

ANY = some.text(some.characters(exclude_categories=["Cs"]), max_size=150)


@pytest.mark.parametrize("name", sorted(load_products()))
def test_what_is_built_in_can_be_written(name: str) -> None:
    """The built-in products, written and read, are what they were."""
    product = load_products()[name]
    assert parse_product(product_text(product), "x.toml") == product


@given(title=ANY, prefix=ANY, field=ANY, words=some.lists(ANY, max_size=4))
def test_any_text_is_read_as_it_was_written(title: str, prefix: str, field: str, words: list[str]) -> None:
    """Quotes, line ends, control characters and every other sign come back, in names as well."""
    escaped = tuple(each.replace("{", "{{").replace("}", "}}") for each in words)
    product = Product(
        "x",
        title,
        Npm("x", "x", repository=prefix),
        start=StartCommand(escaped, {"PORT": "{port}"}),
        health=HealthCheck(contains={field: title, "status.database": prefix}),
    )
    assert parse_product(product_text(product), "x.toml") == product


def test_tables_of_which_there_are_several_are_written_one_by_one() -> None:
    """Sibling images and releases come back in their order."""
    image = Image("x", siblings=(SiblingImage("one"), SiblingImage("two", "v{version}")))
    product = Product("x", "X", image=image, kinds=("compose",), release=(Release("1.0.0"), Release("2.0.0")))
    assert parse_product(product_text(product), "x.toml") == product


def test_what_need_not_be_said_is_not_written() -> None:
    """A short product is a short file."""
    text = product_text(Product("x", "X", Npm("x", "x")))
    assert text == 'name = "x"\ntitle = "X"\n\n[npm]\npackage = "x"\nbin = "x"\n'
    assert msgspec.toml.decode(text.encode())["npm"] == {"package": "x", "bin": "x"}
