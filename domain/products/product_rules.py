"""Rules of a product file that no single field can break: what needs, excludes or repeats what."""

import re
from string import Formatter

from astrolabe.domain.products.file_lines import Path
from astrolabe.domain.products.placeholders import PLACEHOLDERS, say_database
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
    values += [(("start", "before"), arg) for arg in product.start.before]
    values += [((f"workers[{nth}]", "args"), arg) for nth, each in enumerate(product.workers) for arg in each.args]
    values += [(("start", "env", name), value) for name, value in product.start.env.items()]
    allowed = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    found += [(f"{value!r} may only use the placeholders {allowed}", path) for path, value in values if _strange(value)]
    names = [each.name for each in product.workers]
    taken = [each for each in names if each in {"gateway", "before", "doctor"}]
    found += [(f"a worker cannot be named {each}", ("workers",)) for each in taken]
    found += [(f"the worker {each} is named twice", ("workers",)) for each in sorted({*names}) if names.count(each) > 1]
    both = sorted(set(product.files.keep) & set(product.files.leave))
    found += [(f"{each} is to be kept and to be left; name it once", ("files", "leave")) for each in both]
    if twice := repeated(product.release):
        found.append((f"the release {twice} is described twice", ("release",)))
    if product.notes and product.release:
        found.append(("[notes] names a feed, and releases are described here as well", ("notes",)))
    found += [(says, ("health", name)) for says, name in _of_health(product)]
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


def _of_health(product: Product) -> list[tuple[str, str]]:
    health = product.health
    if health.by == "http":
        return [(f"{name} is looked at by process alone", name) for name in ("log", "query") if getattr(health, name)]
    found = [("a product without a port is of kind npx", "by")] if product.kinds != ("npx",) else []
    if product.version:
        found.append(("a product without a port has no [version] to ask", "by"))
    if not say_database((*product.start.args, *product.start.env.values())):
        found.append(("a product without a port is known by its database; [start] must name {database_url}", "by"))
    if health.log and not _compiles(health.log):
        found.append((f"{health.log!r} is no regular expression", "log"))
    return found


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
