"""Rules of a product file that no single field can break: what needs, excludes or repeats what."""

import re
from string import Formatter

from astrolabe.domain.products.file_lines import Path
from astrolabe.domain.products.placeholders import PLACEHOLDERS
from astrolabe.domain.products.product import Product
from astrolabe.domain.products.release import repeated
from astrolabe.domain.words import Kind


def complaints(product: Product) -> list[tuple[str, Path]]:
    """Return what is wrong with fields that are well each by itself, and where."""
    found: list[tuple[str, Path]] = []
    if product.npm and (product.npm.bin is None) == (product.npm.entry is None):
        found.append(("[npm] needs exactly one of bin and entry", ("npm",)))
    found += [(f"the kind {kind} needs {need}", ("kinds",)) for kind, need in _lacking(product)]
    if product.image and product.doctor and not product.image.command:
        found.append(("[image] needs command, for the doctor is asked inside the container", ("image",)))
    values = [(("start", "args"), arg) for arg in product.start.args]
    values += [(("start", "env", name), value) for name, value in product.start.env.items()]
    allowed = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    found += [(f"{value!r} may only use the placeholders {allowed}", path) for path, value in values if _strange(value)]
    both = sorted(set(product.files.keep) & set(product.files.leave))
    found += [(f"{each} is to be kept and to be left; name it once", ("files", "leave")) for each in both]
    if twice := repeated(product.release):
        found.append((f"the release {twice} is described twice", ("release",)))
    if product.notes and product.release:
        found.append(("[notes] names a feed, and releases are described here as well", ("notes",)))
    failed = [each for each in product.log.failed if not _compiles(each)]
    found += [(f"{each!r} is no regular expression", ("log", "failed")) for each in failed]
    return found


def _lacking(product: Product) -> list[tuple[Kind, str]]:
    needs: dict[Kind, tuple[str, bool]] = {
        "npx": ("[npm]", product.npm is not None),
        "cli": ("[npm] with bin", product.npm is not None and product.npm.bin is not None),
        "compose": ("[image]", product.image is not None),
    }
    return [(kind, needs[kind][0]) for kind in product.kinds if not needs[kind][1]]


def _strange(value: str) -> bool:
    try:
        fields = [(name, spec, how) for _, name, spec, how in Formatter().parse(value) if name is not None]
    except ValueError:
        return True
    return any(name not in PLACEHOLDERS or spec or how for name, spec, how in fields)


def _compiles(expression: str) -> bool:
    try:
        re.compile(expression)
    except re.error:
        return False
    return True
