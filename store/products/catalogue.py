"""The catalogue: product files, built in and of the user's own."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from astrolabe.domain.products.product import Product, ProductError
from astrolabe.domain.products.product_file import parse_product
from astrolabe.domain.products.release import ReleaseError, parse_releases

BUILT_IN = Path(__file__).parent
RELEASES = ".releases.toml"
"""How the file of a product's releases ends; it begins with the product's name and lies beside its file."""


def load_products(folders: Sequence[Path] = ()) -> dict[str, Product]:
    """Read every product file; a user's file replaces a built-in one of the same name.

    Raises ProductError with file and line where one has a mistake.
    """
    products: dict[str, Product] = {}
    for folder in (BUILT_IN, *folders):
        if not folder.is_dir():
            raise ProductError(f"{folder}: no such folder of product files")
        for path in sorted(folder.glob("*.toml")):
            if path.name.endswith(RELEASES):
                continue
            product = _with_releases(_read(path), path)
            products[product.name] = product
    return products


def _read(path: Path) -> Product:
    product = parse_product(_text(path), str(path))
    if product.name != path.stem:
        raise ProductError(f"{path}:1: the product is named {product.name}; name its file {product.name}.toml")
    return product


def _with_releases(product: Product, path: Path) -> Product:
    beside = path.with_name(product.name + RELEASES)
    if not beside.is_file():
        return product
    if product.notes or product.release:
        raise ProductError(f"{beside}:1: {path.name} says already where its releases are; keep one of both")
    try:
        return replace(product, release=parse_releases(_text(beside), str(beside)))
    except ReleaseError as error:
        raise ProductError(str(error)) from None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProductError(f"{path}: cannot be read: {error}") from None
