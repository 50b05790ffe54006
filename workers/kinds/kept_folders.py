"""Kept folders: which folders of this host belong to an instance's rollback point."""

from collections.abc import Iterable
from pathlib import Path

from astrolabe.domain.instances.file_rules import (
    FileRules,
    KeptFolder,
    Rules,
    combined,
    kept_in_mounts,
    kept_on_host,
)
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.driver import Driver


async def kept_folders(site: Site, driver: Driver) -> tuple[KeptFolder, ...]:
    """Find the folders by what the product and the instance say of them."""
    mounts, rules = await driver.mounts(), rules_of(site)
    return kept_on_host(rules) if mounts is None else kept_in_mounts(mounts, rules)


def rules_of(site: Site) -> Rules:
    """Return what is said of folders, by product and instance together."""
    product, config = site.product.files, site.config
    if config.compose:
        return combined(product.in_containers(), config.files, config.compose.outside_rollback)
    return combined(product.below(config.folder) if config.folder else FileRules(), config.files)


def has_empty(folders: Iterable[KeptFolder]) -> bool:
    """Return whether one of these folders has nothing in it, or nothing that can be seen from here."""
    try:
        return not all(any(Path(each.root).iterdir()) for each in folders)
    except OSError:
        return True
