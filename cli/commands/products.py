"""Products: the files that are known, and a file checked before it is used."""

from pathlib import Path

import click

from astrolabe.cli import options
from astrolabe.cli.commands.product_init import init
from astrolabe.cli.commands.product_start import start_product
from astrolabe.cli.commands.product_try import try_product
from astrolabe.cli.failure import CommandError
from astrolabe.cli.printing import answer, answer_list
from astrolabe.cli.table import table
from astrolabe.domain.products.product import Product
from astrolabe.domain.products.product_file import Mistake, read_product
from astrolabe.store.products.catalogue import load_products


@click.group(invoke_without_command=True)
@options.products
@click.pass_context
def products(context: click.Context, products: tuple[Path, ...]) -> None:
    """List the products that this host knows."""
    if context.invoked_subcommand is None:
        answer_list(load_products(options.product_folders(products)).values(), _in_words)


@products.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def check(file: Path) -> None:
    """Check a product file, and print every mistake in it with its line and field.

    Exit code 0: it can be used. 2: it cannot.
    """
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from None
    product, mistakes = read_product(text)
    if product is not None:
        answer(product, f"{file}: {product.title} is well described.")
        return
    answer_list(mistakes, lambda found: _by_line(file, found))
    count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    raise CommandError(f"{file} has {count}; docs/products.md describes every field.")


products.add_command(init)
products.add_command(start_product)
products.add_command(try_product)


def _by_line(file: Path, found: list[Mistake]) -> str:
    return "\n".join(each.in_file(str(file)) for each in found)


def _in_words(found: list[Product]) -> str:
    return table(("PRODUCT", "TITLE", "FROM"), [(each.name, each.title, _sources(each)) for each in found])


def _sources(product: Product) -> str:
    npm, image = product.npm, product.image
    return ", ".join([*([f"npm {npm.package}"] if npm else []), *([f"image {image.repository}"] if image else [])])


COMMANDS = (products,)
