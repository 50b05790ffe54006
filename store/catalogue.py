"""The catalogue: product files, built in and of the user's own."""

from collections.abc import Sequence
from pathlib import Path

from domain.product import Product, ProductError, parse_product

BUILT_IN = Path(__file__).parent / "products"


def load_products(folders: Sequence[Path] = ()) -> dict[str, Product]:
    """Read every product file; a user's file replaces a built-in one of the same name.

    Raises ProductError with file and line where one has a mistake.
    """
    products: dict[str, Product] = {}
    for folder in (BUILT_IN, *folders):
        if not folder.is_dir():
            raise ProductError(f"{folder}: no such folder of product files")
        for path in sorted(folder.glob("*.toml")):
            product = _read(path)
            products[product.name] = product
    return products


def _read(path: Path) -> Product:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProductError(f"{path}: cannot be read: {error}") from None
    product = parse_product(text, str(path))
    if product.name != path.stem:
        raise ProductError(f"{path}:1: the product is named {product.name}; name its file {product.name}.toml")
    return product
