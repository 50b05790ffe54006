"""The catalogue: product files, built in and of the user's own."""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from msgspec.structs import replace

from astrolabe.domain.products.product import Product, ProductError
from astrolabe.domain.products.product_file import parse_product
from astrolabe.domain.products.release import ReleaseError, parse_releases

Stamp: TypeAlias = tuple[str, int, int, int]
"""A file by its path, when it was changed, its size and its number on the disk."""

LOG = logging.getLogger("astrolabe.products")
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


class Catalogue:
    """The product files of a process that goes on: read anew when one was changed, added or taken away."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        """Read every file; raises ProductError with file and line where one has a mistake."""
        self._folders: Final = tuple(folders)
        self._stamps: frozenset[Stamp] = self._found()
        self._products: Final = load_products(self._folders)

    @property
    def products(self) -> dict[str, Product]:
        """The products by name, as the files are now; as they were at last where one has a mistake meanwhile."""
        stamps = self._found()
        if stamps != self._stamps:
            self._stamps = stamps
            try:
                read = load_products(self._folders)
            except ProductError as mistake:
                LOG.warning("product files are used as they were before: %s", mistake)
            else:
                self._products.clear()
                self._products.update(read)
        return self._products

    def _found(self) -> frozenset[Stamp]:
        return frozenset(stamp for folder in self._folders for path in folder.glob("*.toml") for stamp in _stamp(path))


def _stamp(path: Path) -> Iterator[Stamp]:
    with contextlib.suppress(OSError):  # it went while we looked
        found = path.stat()
        yield str(path), found.st_mtime_ns, found.st_size, found.st_ino


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
