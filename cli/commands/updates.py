"""Updates: what is new for what runs, from the releases that Astrolabe knows."""

from collections.abc import Iterable
from typing import Any

import click

from astrolabe.cli.client import Client
from astrolabe.cli.printing import answer_list
from astrolabe.cli.table import table
from astrolabe.domain.products.updates import is_update
from astrolabe.domain.products.version_order import order

SEARCHED = 1000
"""How many of the newest upgrades are asked which versions they went to."""


@click.command()
def updates() -> None:
    """Show what is newer than what runs, as far as product files and upgrades of before say.

    Nothing is asked of a registry: a release is known where the product's file describes it, or where an upgrade of
    some instance has gone to it.
    """
    client = Client.from_environment()
    instances = [each for each in client.items("/instances") if each["status"] != "retired"]
    described = {each["name"]: each["release"] for each in client.get("/products")["items"]}
    product_of = {each["instance_id"]: each["product"] for each in instances}
    reached: dict[str, set[str]] = {}
    for each in client.get("/upgrades", limit=SEARCHED)["items"]:
        if each["to_version"] and each["status"] == "succeeded" and each["instance_id"] in product_of:
            reached.setdefault(product_of[each["instance_id"]], set()).add(each["to_version"])
    answer_list(
        (update(each, described.get(each["product"], ()), reached.get(each["product"], ())) for each in instances),
        _in_words,
    )


def update(instance: dict[str, Any], described: Iterable[dict[str, Any]], reached: Iterable[str]) -> dict[str, Any]:
    """Return what is newer than what an instance runs, the newest last; `known` is false where nobody says anything."""
    releases = {version: {"version": version, "breaking": None, "notes": ""} for version in reached}
    releases |= {each["version"]: each for each in described}
    newer = [each for version, each in releases.items() if is_update(version, instance["version"])]
    newer.sort(key=lambda each: order(each["version"]))
    return {
        "instance": instance["name"],
        "product": instance["product"],
        "version": instance["version"],
        "newest": newer[-1]["version"] if newer else None,
        "known": bool(releases),
        "releases": newer,
    }


def _in_words(found: list[dict[str, Any]]) -> str:
    rows = [(each["instance"], each["version"] or "?", each["newest"] or "-", _what(each)) for each in found]
    return table(("NAME", "RUNS", "NEWEST KNOWN", "ON THE WAY"), rows)


def _what(each: dict[str, Any]) -> str:
    if not each["known"]:
        return "no release is known: the product's file describes none"
    many, breaking = len(each["releases"]), [each["version"] for each in each["releases"] if each["breaking"]]
    if not many:
        return "nothing newer is known"
    said = "1 release" if many == 1 else f"{many} releases"
    return f"{said}, breaking: {', '.join(breaking)}" if breaking else said


COMMANDS = (updates,)
