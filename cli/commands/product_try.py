"""Trying a product file: a real upgrade, one that fails and the way back, in a scratch place."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from astrolabe.cli import options
from astrolabe.cli.awaited import delete
from astrolabe.cli.commands.product_init import read_file, variable
from astrolabe.cli.failure import CommandError, CommandFailed, refusals_as_errors
from astrolabe.cli.printing import answer_list, aside, note
from astrolabe.cli.table import table
from astrolabe.domain.instances.registration import check_settings
from astrolabe.domain.products.product import Product
from astrolabe.domain.words import SettingName, Version
from astrolabe.store.products.catalogue import load_products

if TYPE_CHECKING:
    from astrolabe.cli.trial import Tried


@click.command("try")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("old")
@click.argument("new")
@click.option("--setting", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of the instance.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The folder that it is started in; by default an empty one.",
)
@click.option("--keep", is_flag=True, help="Leave the scratch folder with its logs.")
def try_product(file: Path, old: str, new: str, settings: tuple[str, ...], folder: Path | None, *, keep: bool) -> None:
    """Try a product FILE with real versions: OLD is started, upgraded to NEW, and taken back.

    Before that an upgrade is made to fail, and must be taken back by itself. Everything is in a folder, and on a
    PostgreSQL server, that are made for it and are gone afterwards. It works for npm packages.

    Exit code 0: all of it went as it must. 1: something did not, and is named.
    """
    product = product_of(str(file), ())
    versions = (exact(old), exact(new))
    given = settings_of(product, settings)
    # The libraries of a worker and of the log, which no other command about products waits for.
    from astrolabe.cli.trial import try_versions  # noqa: PLC0415

    scratch = Path(tempfile.mkdtemp(prefix="astrolabe-try-"))
    started_in = folder and str(folder.resolve())

    async def trying() -> list[Tried]:
        try:
            return await try_versions(product, given, scratch, versions, started_in)
        finally:
            if not keep:
                await delete(scratch, aside)

    try:
        tried = asyncio.run(trying())
    finally:
        # Where another Ctrl-C broke that off.
        if not keep:
            shutil.rmtree(scratch, ignore_errors=True)
    answer_list(tried, _in_words)
    if keep:
        note(f"Its logs are in {scratch}.")
    if not tried[-1].ok:
        raise CommandFailed(f"The {tried[-1].part} did not end as it must: {tried[-1].why or tried[-1].outcome}")


def product_of(named: str, folders: tuple[Path, ...]) -> Product:
    """Return the product of a file, or one that this host knows by its name; raises CommandError for no npm package."""
    known = {} if Path(named).exists() else load_products(options.product_folders(folders))
    product = known.get(named) or read_file(Path(named))
    if "npx" not in product.kinds:
        raise CommandError(f"{named}: only what is deployed as npx can be started here.")
    return product


def settings_of(product: Product, typed: Iterable[str]) -> dict[SettingName, str]:
    """Return the settings that were typed, and say which were not: a product file does not say which are needed.

    Raises CommandError for one that the file does not name, before anything is begun.
    """
    given = dict(map(variable, typed))
    with refusals_as_errors():
        check_settings(given, product)
    if missing := [each for each in product.settings if each not in given]:
        names = ", ".join(missing)
        note(f"Not given: {names}. What {product.title} does not start without is named by --setting NAME=VALUE.")
    return given


def exact(version: str) -> Version:
    """Return a version that was typed; raises CommandError where it is no exact one."""
    try:
        return msgspec.convert(version, Version)
    except msgspec.ValidationError:
        raise CommandError(f"{version} is no exact version, such as 1.4.0.") from None


def _in_words(tried: list[Tried]) -> str:
    return table(
        ("PART", "VERSION", "ENDED", "DOWNTIME", "WHAT WENT WRONG IN IT"),
        [(each.part, each.version, each.outcome, _downtime(each), each.why) for each in tried],
    )


def _downtime(tried: Tried) -> str:
    return "" if tried.downtime_ms is None else f"{tried.downtime_ms} ms"
