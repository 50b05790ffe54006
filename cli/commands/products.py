"""Products: the files that are known, and a file checked before it is used."""

from pathlib import Path

import click

from astrolabe.cli import options
from astrolabe.cli.failure import CommandError
from astrolabe.cli.printing import answer, answer_list
from astrolabe.cli.table import table
from astrolabe.domain.products.product import Product, parse_product
from astrolabe.store.products.catalogue import load_products


@click.command()
@options.products
@click.option("--check", type=click.Path(path_type=Path, dir_okay=False), help="Check one product file.")
def products(products: tuple[Path, ...], check: Path | None) -> None:
    """List the products that this host knows."""
    if check is not None:
        try:
            text = check.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{check} cannot be read: {error}") from None
        product = parse_product(text, str(check))
        answer(product, f"{check}: {product.title} is well described.")
        return
    answer_list(
        load_products(options.product_folders(products)).values(),
        lambda found: table(("PRODUCT", "TITLE", "FROM"), [(each.name, each.title, _sources(each)) for each in found]),
    )


def _sources(product: Product) -> str:
    npm, image = product.npm, product.image
    return ", ".join([*([f"npm {npm.package}"] if npm else []), *([f"image {image.repository}"] if image else [])])


COMMANDS = (products,)
