"""File rules: which folders belong to a rollback point, by what product and instance say."""

import pytest
from msgspec.structs import replace

from astrolabe.domain.instances.file_rules import (
    FileRules,
    KeptFolder,
    Mount,
    combined,
    kept_in_mounts,
    kept_on_host,
    rule_for,
    unsettled,
)
from astrolabe.domain.products.product import ProductError
from astrolabe.domain.products.product_file import parse_product
from astrolabe.domain.upgrades.file_findings import FileFindings, FolderFinding, file_checks

CODE = Mount("web", "/var/www/html", "/volumes/code", "code")
UPLOADS = Mount("web", "/data", "/srv/uploads", "/srv/uploads")
PRODUCT = """
name = "cloud"
title = "Cloud"
npm = { package = "cloud", bin = "cloud" }

[files]
"""


def test_the_inner_folder_counts_for_what_is_in_it() -> None:
    """A cache in a folder that is kept is left, and a folder in what is left may be kept."""
    rules = combined(FileRules(("/data", "/data/cache/keys"), ("/data/cache",)), FileRules())
    assert kept_on_host(rules) == (KeptFolder("/data", ("cache",)), KeptFolder("/data/cache/keys"))
    said = [rule_for(each, rules) for each in ("/data/a", "/data/cache/a", "/data/cache/keys/a", "/database")]
    assert said == ["keep", "leave", "keep", None]


def test_what_the_instance_says_comes_before_what_the_product_does() -> None:
    """Also where it says no more than that no rollback brings a folder back."""
    product = FileRules(("/data",), ("/cache",))
    assert combined(product, FileRules(leave=("/data",), keep=("/cache/",))) == {"/data": "leave", "/cache": "keep"}
    assert combined(product, FileRules(), ("/data",)) == {"/data": "leave", "/cache": "leave"}


def test_folders_in_containers_are_kept_where_they_are_on_the_host() -> None:
    """By the paths of their mounts, what is left alone in them too."""
    rules = combined(FileRules(("/var/www",), ("/var/www/html/data/cache",)), FileRules(keep=("/data/up",)))
    expected = (KeptFolder("/srv/uploads/up"), KeptFolder("/volumes/code", ("data/cache",)))
    assert kept_in_mounts([CODE, UPLOADS], rules) == expected


def test_a_mount_of_which_only_a_part_is_spoken_of_is_not_settled() -> None:
    """What lies beside that part would go back or stay without anybody having said so."""
    assert unsettled([CODE, UPLOADS], combined(FileRules(("/data/up",)), FileRules())) == [CODE, UPLOADS]
    assert unsettled([CODE, UPLOADS], {"/data": "leave", "/var": "keep"}) == []


def test_a_volume_of_two_services_is_settled_by_either() -> None:
    """It is one folder, wherever they have it."""
    worker = replace(CODE, service="worker", destination="/storage")
    assert unsettled([CODE, worker], {"/storage": "keep"}) == []
    assert kept_in_mounts([CODE, worker], {"/storage": "keep"}) == (KeptFolder("/volumes/code"),)


def test_a_folder_cannot_be_kept_and_left() -> None:
    """Neither of an instance nor of a product, whose file is told the line."""
    with pytest.raises(ValueError, match="/data is to be kept and to be left"):
        FileRules(("/data",), ("/data/",))
    with pytest.raises(ProductError, match=r"cloud.toml:8: files.leave: data is to be kept and to be left"):
        parse_product(f'{PRODUCT}keep = ["data"]\nleave = ["data"]', "cloud.toml")


@pytest.mark.parametrize("path", ["/data/../etc", "..", "", "-r", "/"])
def test_a_path_that_leads_elsewhere_is_no_folder(path: str) -> None:
    """It could lead out of what it seems to be in."""
    with pytest.raises(ProductError):
        parse_product(f'{PRODUCT}keep = ["{path}"]', "cloud.toml")


def test_a_products_paths_are_of_containers_or_of_the_gateways_folder() -> None:
    """A path from / in an image is none of the host's."""
    files = parse_product(f'{PRODUCT}keep = ["/data", "storage"]\nleave = ["storage/cache"]', "cloud.toml").files
    assert files.in_containers() == FileRules(("/data",))
    assert files.below("/srv/cloud") == FileRules(("/srv/cloud/storage",), ("/srv/cloud/storage/cache",))


def test_what_nobody_spoke_of_is_said_first() -> None:
    """And there must be room for a copy of what is kept."""
    folders = (
        FolderFinding("/data of web (the volume data)", "keep", 1000),
        FolderFinding("/cache of web (the volume cache)", None, None),
    )
    files, disk = file_checks(FileFindings(folders, "/copies", 1099))
    assert not files.ok
    assert files.seen.startswith("/cache of web (the volume cache), of unknown size, is written to, and nobody said")
    assert "/data of web (the volume data), 1,000 bytes, is kept" in files.seen
    assert not disk.ok
    assert [each.ok for each in file_checks(FileFindings(folders[:1], "/copies", 1100))] == [True, True]
