"""Kinds of deployment: one pure planner each, which says the more exactly what will run the more is known."""

from itertools import groupby
from typing import get_args

import pytest
from msgspec.structs import replace

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.kinds import compose, npx
from astrolabe.domain.kinds.npm import NpmFacts
from astrolabe.domain.kinds.postgres import DatabaseFacts
from astrolabe.domain.kinds.registry import KINDS, outline_of
from astrolabe.domain.plans.plan import Artifact, PlannedCommand
from astrolabe.domain.products.product import Doctor, Image, Npm, Product, StartCommand, WorkerCommand
from astrolabe.domain.supervision.supervisor import Pm2App, Pm2Daemon, SupervisorId, SystemdService
from astrolabe.domain.words import STEPS, Kind

DATABASE = DatabaseConfig("unleash", "unleash")
PRODUCT = Product(
    "unleash",
    "Unleash",
    npm=Npm("unleash-server", bin="unleash"),
    image=Image("unleash/unleash", command=("node",)),
    kinds=("npx", "cli", "compose"),
    start=StartCommand(("serve",)),
    doctor=Doctor(("doctor",)),
)
CONFIGS: dict[Kind, InstanceConfig] = {
    "npx": InstanceConfig("flags", "unleash", 4242, database=DATABASE),
    "cli": InstanceConfig("flags", "unleash", kind="cli", prefix="/opt/flags"),
    "compose": InstanceConfig(
        "flags", "unleash", 4242, kind="compose", database=DATABASE, compose=ComposeProject("/srv/flags", "flags")
    ),
}
WAY = ("5.6.0", "6.5.0", "6.10.1")


def planned(kind: Kind, *versions: str) -> list[PlannedCommand]:
    """Plan without a host."""
    return list(KINDS[kind].plan(CONFIGS[kind], PRODUCT, versions))


def words(commands: list[PlannedCommand], step: str) -> list[str]:
    """Return the commands of a step, each as one line."""
    return [" ".join(each.argv) for each in commands if each.step == step]


def test_every_kind_that_can_be_named_is_known() -> None:
    """What a caller may send, somebody can plan; each tells what all steps do."""
    assert set(KINDS) == set(get_args(Kind))
    assert all(set(outline_of(config)) == set(STEPS) for config in CONFIGS.values())


def test_an_instance_without_a_database_skips_the_backup() -> None:
    """Its other steps are those of any gateway."""
    bare = InstanceConfig("flags", "unleash", 4242)
    assert outline_of(bare)["backup"].does == "skipped: the instance has no database"
    assert outline_of(bare)["verify"] == outline_of(CONFIGS["npx"])["verify"]


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_plan_over_a_required_stop_shows_each_leg(kind: Kind) -> None:
    """Everything is pulled beforehand; then each leg migrates and is verified, the stop as the target."""
    commands = planned(kind, *WAY)
    once = planned(kind, WAY[0], WAY[2])
    assert [version for version in WAY if any(version in each for each in words(commands, "pull"))] == [*WAY]
    assert len(words(commands, "pull")) == 3
    assert len(words(commands, "backup")) == len(words(once, "backup"))
    assert sum(each.endswith(" doctor") for each in words(commands, "verify")) == 2
    assert len(words(commands, "migrate")) >= 2 * len(words(once, "migrate"))
    steps = [step for step, _ in groupby(each.step for each in commands)]
    assert steps[-5:] == ["pull", "migrate", "verify", "migrate", "verify"]


@pytest.mark.parametrize("kind", ["npx", "compose"])
def test_each_leg_has_a_copy_from_before_it(kind: Kind) -> None:
    """Made while nothing runs: after the stop, before the start, under a name of its own."""
    copies = [each for each in words(planned(kind, *WAY), "migrate") if "CREATE DATABASE" in each]
    assert [each.partition("TEMPLATE")[0].rpartition("CREATE DATABASE ")[2] for each in copies] == [
        '"unleash_before_UPGRADE" ',
        '"unleash_before2_UPGRADE" ',
    ]


def test_a_command_before_the_start_is_planned_in_each_leg_and_workers_last() -> None:
    """It migrates at each version that is walked through; what works beside the gateway comes up after cutover."""
    before = StartCommand(("serve",), before=("migrate", "--all"))
    product = replace(PRODUCT, start=before, workers=(WorkerCommand("mailer", ("mail",)),))
    commands = list(npx.plan(CONFIGS["npx"], product, WAY))
    programs = [each for each in words(commands, "migrate") if "/.bin/unleash " in each]
    assert [each.partition("unleash ")[2] for each in programs] == ["migrate --all", "serve"] * 2
    assert [each.rpartition(" ")[2] for each in words(commands, "verify")] == ["doctor", "doctor", "serve", "mail"]


def test_a_gateway_that_was_verified_apart_is_started_once_more() -> None:
    """Where others are let in at once it runs in its own place from the beginning, and the outline says so."""
    apart = list(npx.plan(CONFIGS["npx"], PRODUCT, WAY[1:]))
    config = replace(CONFIGS["npx"], cutover="at-once")
    at_once = list(npx.plan(config, PRODUCT, WAY[1:]))
    assert words(apart, "verify")[-1] == words(apart, "migrate")[-1]
    assert apart[:-1] == at_once
    assert "let in already" in outline_of(config)["verify"].does


KEEPERS = {
    SystemdService("flags.service"): (["daemon-reload", "stop"], ["daemon-reload", "start"]),
    Pm2App("flags", Pm2Daemon("/home/o/.pm2", ("/usr/bin/pm2",))): (
        ["stop", "save"],
        ["delete", "resurrect", "restart", "save"],
    ),
}


@pytest.mark.parametrize("keeper", KEEPERS)
def test_a_supervisors_own_commands_are_part_of_the_plan(keeper: SupervisorId) -> None:
    """Whoever keeps the gateway stops it before the first copy, and starts what was verified."""
    commands = list(npx.plan(CONFIGS["npx"], PRODUCT, WAY, NpmFacts(supervisor=keeper)))
    theirs = [each for each in commands if {"systemctl", "/usr/bin/pm2"} & {*each.argv}]
    said = [
        [next(word for word in each.argv[1:] if not word.startswith("-")) for each in theirs if each.step == step]
        for step in ("migrate", "verify")
    ]
    assert said == [*KEEPERS[keeper]]
    assert commands.index(theirs[0]) < next(n for n, each in enumerate(commands) if "TEMPLATE" in " ".join(each.argv))
    assert commands[-1] == theirs[-1]


def test_what_is_known_takes_the_place_of_what_is_not() -> None:
    """Programs, folders and names; where everything is on the host already, nothing is pulled."""
    facts = NpmFacts(
        node="/bin/node",
        npm=("/bin/node", "/lib/npm-cli.js"),
        trees={version: f"/data/{version}" for version in WAY},
        present=frozenset(WAY[:2]),
        database=DatabaseFacts(pg_dump="/bin/pg_dump", dump="/data/1.dump", attempt="abc_1"),
    )
    commands = list(npx.plan(CONFIGS["npx"], PRODUCT, WAY, facts))
    (pull,) = words(commands, "pull")
    assert pull.startswith(
        "/bin/node /lib/npm-cli.js install --no-global --location=project --prefix /data/6.10.1 unleash-server@6.10.1 "
    )
    assert words(commands, "backup")[0].startswith("/bin/pg_dump --host 127.0.0.1")
    assert words(commands, "migrate")[-1] == "/data/6.10.1/node_modules/.bin/unleash serve"
    assert not any(unknown in word for each in commands for word in each.argv for unknown in ("$", "UPGRADE"))


def test_a_project_with_more_than_a_container_is_started_by_compose() -> None:
    """Hooks and other services are Compose's work; a container alone is started without it."""
    config = CONFIGS["compose"]
    alone = list(compose.plan(config, PRODUCT, WAY[1:]))
    hooked = list(compose.plan(config, PRODUCT, WAY[1:], compose.ComposeFacts(hooks=True)))
    assert words(alone, "migrate")[-1] == "docker start flags-gateway-1"
    assert words(hooked, "migrate")[-1].startswith("docker compose")
    assert words(alone, "migrate")[:-1] == words(hooked, "migrate")[:-1]


def test_an_image_that_was_resolved_is_named_by_its_digest() -> None:
    """Until then by its tag."""
    artifact = Artifact("unleash/unleash", "6.10.1", f"sha256:{'0' * 64}", "docker.io")
    facts = compose.ComposeFacts(artifacts={"6.10.1": artifact})
    assert words(list(compose.plan(CONFIGS["compose"], PRODUCT, WAY[1:], facts)), "pull") == [
        "docker pull --quiet unleash/unleash:6.5.0",
        f"docker pull --quiet unleash/unleash:6.10.1@sha256:{'0' * 64}",
    ]
