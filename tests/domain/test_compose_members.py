"""The members of an instance: which services of a project move with its gateway, and what each of them is."""

import json
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.kinds import compose
from astrolabe.domain.kinds.compose_members import Member, Members, members, not_run_again, obstacles
from astrolabe.domain.kinds.image_parts import exact, pinned
from astrolabe.domain.plans.plan import Artifact, Sibling
from astrolabe.domain.products.product import Image, Product, SiblingImage

PROJECT = ComposeProject("/srv/shop", "shop", service="web")
OURS = "ghcr.io/acme/shop"


def service(image: str = f"{OURS}:1.0.0", **depends_on: str) -> dict[str, Any]:
    """Write a service as Compose shows it."""
    return {"image": image, "depends_on": {name: {"condition": f"service_{how}"} for name, how in depends_on.items()}}


SERVICES = {
    "db": service("postgres:18"),
    "web": service(db="healthy", migrate="completed_successfully", folders="completed_successfully"),
    "migrate": service(db="healthy", roles="completed_successfully"),
    "roles": service(db="healthy"),
    "folders": service("busybox:1"),
    "mailer": service(queue="started"),
    "queue": service(f"{OURS}@sha256:{64 * 'a'}", web="healthy") | {"deploy": {"replicas": 3}},
    "proxy": service("nginx:1", web="started"),
}


def test_members_have_the_products_image_and_a_job_is_what_others_wait_for_to_end() -> None:
    """Whatever their tags; jobs and workers each in the order in which they need each other."""
    assert members(PROJECT, Image(OURS), SERVICES) == Members(
        (Member("roles", "job"), Member("migrate", "job")),
        (Member("queue", "worker", 3), Member("mailer", "worker")),
    )


def test_a_service_of_another_image_is_no_member() -> None:
    """Neither a database, nor a job that somebody else's image does."""
    names = {each.service for each in members(PROJECT, Image(OURS), SERVICES).all}
    assert names == {"roles", "migrate", "queue", "mailer"}
    assert members(PROJECT, Image("acme/shop"), SERVICES) == Members()
    assert not_run_again(PROJECT, members(PROJECT, Image(OURS), SERVICES), SERVICES) == ("folders",)


@pytest.mark.parametrize("image", ["acme/shop", "acme/shop:edge", "docker.io/acme/shop:1.0.0@sha256:0"])
def test_an_image_is_known_by_its_repository(image: str) -> None:
    """With or without the engine's own registry, a tag, or a digest."""
    found = members(PROJECT, Image("acme/shop"), {"web": service("acme/shop:1"), "worker": service(image)})
    assert found == Members((), (Member("worker", "worker"),))


def test_a_job_that_waits_for_the_gateway_has_no_place() -> None:
    """It could not run before the gateway, where migrations are."""
    assert list(obstacles(PROJECT, members(PROJECT, Image(OURS), SERVICES), SERVICES)) == []
    seeded = {**SERVICES, "seed": service(web="healthy"), "mailer": service(seed="completed_successfully")}
    (said,) = obstacles(PROJECT, members(PROJECT, Image(OURS), seeded), seeded)
    assert "the job seed waits for web" in said


@pytest.mark.parametrize(
    ("said", "containers"),
    [({}, 1), ({"scale": 0}, 0), ({"scale": 2}, 2), ({"deploy": {"replicas": 0}}, 0), ({"deploy": {}}, 1)],
)
def test_a_worker_runs_in_as_many_containers_as_the_project_says(said: dict[str, Any], containers: int) -> None:
    """Also in none at all."""
    found = members(PROJECT, Image(OURS), {"web": service(), "worker": service() | said})
    assert found.workers == (Member("worker", "worker", containers),)


def test_services_that_need_each_other_in_a_circle_are_still_found() -> None:
    """Compose refuses such a project itself; looking at it must end."""
    circle = {"web": service(worker="started"), "worker": service(web="started")}
    assert members(PROJECT, Image(OURS), circle) == Members((), (Member("worker", "worker"),))


def test_every_member_is_pinned_and_only_what_runs_before_cutover_is_apart() -> None:
    """A worker keeps the project's networks, for it begins once others are let in."""
    found = members(PROJECT, Image(OURS), SERVICES)
    added = compose.Override(mark="i/m", network="shop-web-astrolabe", members=found)
    text = compose.override(PROJECT, f"{OURS}:2.0.0@sha256:0", added).decode().replace("!override ", "")
    written = json.loads(text)["services"]
    assert {name: each["image"] for name, each in written.items()} == dict.fromkeys(
        ("web", "migrate", "roles", "mailer", "queue"), f"{OURS}:2.0.0@sha256:0"
    )
    assert {name for name, each in written.items() if "networks" in each} == {"web", "migrate", "roles"}
    assert {each["labels"][compose.MARK] for each in written.values()} == {"i/m"}


def test_an_image_of_a_sibling_repository_is_pinned_to_its_own_digest() -> None:
    """It has every version under a tag of its own; a sibling that an older artifact did not have yet stays as it is."""
    image = Image(
        OURS, "v{version}", siblings=(SiblingImage("ghcr.io/acme/learning", "{version}"), SiblingImage("other"))
    )
    services = {
        "web": service(f"{OURS}:v1"),
        "learning": service("ghcr.io/acme/learning:1"),
        "other": service("other:1"),
    }
    found = members(PROJECT, image, services)
    assert found.workers == (
        Member("learning", "worker", repository="ghcr.io/acme/learning"),
        Member("other", "worker", repository="other"),
    )
    artifact = Artifact("acme/shop", "2.0.0", "sha256:0", "ghcr.io", (Sibling("acme/learning", "sha256:1", "ghcr.io"),))
    assert exact(image, artifact) == {
        OURS: f"{OURS}@sha256:0",
        "ghcr.io/acme/learning": "ghcr.io/acme/learning@sha256:1",
    }
    own, learning = f"{OURS}:v2.0.0@sha256:0", "ghcr.io/acme/learning:2.0.0@sha256:1"
    assert pinned(image, artifact) == {OURS: own, "ghcr.io/acme/learning": learning}
    added = compose.Override(members=found, siblings=pinned(image, artifact))
    written = json.loads(compose.override(PROJECT, own, added))["services"]
    assert written == {"web": {"image": own}, "learning": {"image": learning}}
    config = InstanceConfig("shop", "shop", 8080, kind="compose", compose=PROJECT)
    product = Product("shop", "Shop", image=image, kinds=("compose",))
    facts = compose.ComposeFacts(artifacts={"2.0.0": artifact}, present=frozenset(["1.0.0"]))
    pulls = [each.argv[-1] for each in compose.plan(config, product, ("1.0.0", "2.0.0"), facts) if each.step == "pull"]
    assert pulls == [own, learning]
    assert artifact.described == "sha256:0 from ghcr.io, with acme/learning sha256:1 from ghcr.io"


def test_an_artifact_without_siblings_is_written_as_before() -> None:
    """The bytes of a plan are what its approval names."""
    assert msgspec.json.encode(Artifact("a", "1.0.0", "sha256:0", "r")) == (
        b'{"package":"a","version":"1.0.0","integrity":"sha256:0","registry":"r"}'
    )


def test_the_plan_shows_jobs_before_the_gateway_and_workers_after_cutover() -> None:
    """Every job is waited for; what is let in at once starts with the gateway."""
    config = InstanceConfig(
        "shop",
        "shop",
        8080,
        kind="compose",
        database=DatabaseConfig("shop", "shop"),
        compose=replace(PROJECT, database_service="db"),
    )
    product = Product("shop", "Shop", image=Image(OURS), kinds=("compose",))
    facts = compose.ComposeFacts(
        members=members(PROJECT, Image(OURS), SERVICES), jobs=("shop-roles-1", "shop-migrate-1")
    )
    lines = [f"{each.step}: {' '.join(each.argv)}" for each in compose.plan(config, product, ("1.0.0", "2.0.0"), facts)]
    begun = next(n for n, line in enumerate(lines) if line.endswith("start shop-roles-1"))
    assert [line.partition("docker ")[2] for line in lines[begun : begun + 5]] == [
        "start shop-roles-1",
        "wait shop-roles-1",
        "start shop-migrate-1",
        "wait shop-migrate-1",
        "start shop-web-1",
    ]
    assert lines[-1].startswith("verify: ")
    assert lines[-1].endswith("--pull never queue mailer")
    at_once = compose.plan(replace(config, cutover="at-once"), product, ("1.0.0", "2.0.0"), facts)
    assert [*at_once][-1].argv[-3:] == ("web", "queue", "mailer")
