"""A compose project as it is found in its folder: which product it is, and how its gateway and its data are reached."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.file_rules import FileRules, Mount, combined, plain, rule_for, unsettled
from astrolabe.domain.kinds.compose_members import Services, members, replicas
from astrolabe.domain.kinds.image_name import same_repository
from astrolabe.domain.products.product import Product

DATABASE_URL: Final = re.compile(r"^postgres(?:ql)?://[^/@\s]+@[^/@\s]+/[^/?\s]+(?:\?\S*)?$")


class NotClear(ValueError):  # noqa: N818  what a project says, no fault
    """A project that may be more than one thing; the message names what to type."""


class FoundDatabase(Struct, frozen=True):
    """Where a gateway keeps its data, as its own connection string says."""

    url: str
    """The connection string without its password."""
    password: str
    """The password; empty where it has none."""
    service: str | None
    """The service of the project that it is in; None where the project does not have it."""


class FoundProject(Struct, frozen=True):
    """What need not be typed of a project."""

    name: str
    """The project's name."""
    product: str
    """The product that its gateway is."""
    service: str
    """The gateway's service."""
    port: int | None
    """The port of the host at which the gateway is reached; None where it publishes none."""
    database: FoundDatabase | None
    """Where its data is; None where no connection string says so."""
    folders: tuple[str, ...] = ()
    """Where its members write files that outlive their containers, and that the product says nothing about."""

    def unsaid(self, said: tuple[str, ...]) -> tuple[str, ...]:
        """Return those folders that are in none of those of which something was said."""
        rules = combined(FileRules(), FileRules(leave=said))
        return tuple(each for each in self.folders if rule_for(plain(each), rules) is None)


def found_in(
    config: Mapping[str, Any], products: Iterable[Product], product: str | None = None, service: str | None = None
) -> FoundProject:
    """Find out what a project is, as Compose shows it with everything filled in.

    `product` and `service` are what was typed. Raises NotClear where neither that nor the project says enough.
    """
    name, services = str(config["name"]), config["services"]
    known = [each for each in products if each.image and "compose" in each.kinds and product in (None, each.name)]
    image_of = {each: str(said.get("image") or "") for each, said in services.items() if service in (None, each)}
    fitting = [
        each for each in known if any(same_repository(one, each.container.repository) for one in image_of.values())
    ]
    if len(fitting) != 1:
        which = ", ".join(each.name for each in fitting or known) or "none"
        why = "has images of several products" if fitting else f"has no image of a product that is known ({which})"
        raise NotClear(f"The project {name} {why}; name one with --product: {which}.")
    (chosen,) = fitting
    ours = [each for each, image in image_of.items() if same_repository(image, chosen.container.repository)]
    gateway = _gateway(name, ours, chosen, services)
    if (many := replicas(services[gateway])) > 1:
        where = f"The service {gateway} of the project {name} runs in {many} containers"
        raise NotClear(f"{where}, and only one can be upgraded: write replicas: 1, bring it up, then register it.")
    port = _published(services[gateway], chosen.container.port)
    moved = members(ComposeProject("/", name, gateway), chosen.container, services)
    folders = _folders(services, (gateway, *(each.service for each in moved.all)), chosen)
    return FoundProject(name, chosen.name, gateway, port, _database(services, gateway), folders)


def _folders(services: Services, names: Iterable[str], product: Product) -> tuple[str, ...]:
    """Return where services write to volumes and folders of the host of which the product says nothing."""
    mounts = [
        Mount(name, each["target"], each.get("source") or each["target"], "")
        for name in names
        for each in services[name].get("volumes") or ()
        if each.get("type") in {"volume", "bind"} and not each.get("read_only")
    ]
    asked = unsettled(mounts, combined(product.files.in_containers(), FileRules()))
    return tuple(dict.fromkeys(each.destination for each in asked))


def _gateway(project: str, ours: list[str], product: Product, services: Services) -> str:
    """Return the service that serves: no job, and of several the one that publishes the port, or else exposes it."""
    port = product.container.port
    jobs = {
        each.service
        for one in ours
        for each in members(ComposeProject("/", project, one), product.container, services).jobs
    }
    left = [each for each in ours if each not in jobs]
    published = [each for each in left if _published(services[each], port)]
    exposed = [each for each in left if str(port) in map(str, services[each].get("expose") or ())]
    for found in (left, published, exposed):
        if len(found) == 1:
            return found[0]
    which = ", ".join(left or ours)
    raise NotClear(f"Several services of the project {project} may serve; name one with --service: {which}.")


def _published(service: Mapping[str, Any], port: int) -> int | None:
    for each in service.get("ports") or ():
        if each.get("target") == port and str(each.get("published") or "").isdigit():
            return int(each["published"])
    return None


def _database(services: Services, gateway: str) -> FoundDatabase | None:
    environment: Mapping[str, str | None] = services[gateway].get("environment") or {}
    urls = [text for value in environment.values() if DATABASE_URL.match(text := str(value or "").replace("$$", "$"))]
    if len({*urls}) != 1:
        return None
    parts = urlsplit(urls[0])
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    host = parts.netloc.rpartition("@")[2]
    url = parts._replace(netloc=f"{user}@{host}").geturl()
    return FoundDatabase(url, unquote(password), parts.hostname if parts.hostname in services else None)
