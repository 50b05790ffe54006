"""Registering, reconfiguring and retiring an instance."""

import pytest
from msgspec.structs import replace

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.identity import acted_on
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.instances.registration import LONGEST_CONFIG, check_config
from astrolabe.domain.kinds.postgres import psql
from astrolabe.domain.problem import Refused
from astrolabe.domain.products.product import HealthCheck, Npm, Product, StartCommand
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Reconfigure, Register, Rename
from astrolabe.domain.upgrades.identity_of import identity_of
from astrolabe.domain.upgrades.instance import Instance
from tests.domain.given import given, instance_of
from tests.domain.samples import (
    AT,
    BUSY,
    CONFIG,
    HISTORIES,
    IDLE,
    INCONSISTENT,
    REQUESTED,
    RETIRED,
    ROLLED_BACK,
    SUCCEEDED,
    UP,
    never_ran,
    observed,
    refused,
    registered,
    rename,
    renamed,
    retire,
    retired,
)

OTHER_PORT = replace(CONFIG, port=4300)


def test_a_new_instance_is_registered_and_idle():
    """An instance that nobody knew becomes idle on the version that its owner named."""
    state = given().when(Register(CONFIG, "5.6.0")).then(registered)
    assert state == s.Idle(Instance(CONFIG, "5.6.0"))


@pytest.mark.parametrize("known", [each for each in HISTORIES if each is not s.Absent])
def test_an_instance_is_registered_once(known):
    """Whatever a known instance does, it cannot be registered again."""
    given(*HISTORIES[known]).when(Register(CONFIG, "5.6.0")).refuses("instance-exists")


@pytest.mark.parametrize("history", [IDLE, SUCCEEDED, ROLLED_BACK])
def test_an_idle_instance_is_reconfigured(history):
    """An idle instance is reached in the new way, and keeps everything else."""
    was = given(*history)
    state = was.when(Reconfigure(OTHER_PORT)).then(e.InstanceReconfigured(OTHER_PORT))
    assert state == s.Idle(replace(instance_of(was.state), config=OTHER_PORT))


def test_an_unchanged_configuration_records_nothing():
    """Sending the configuration that is already there is no event."""
    given(*IDLE).when(Reconfigure(CONFIG)).then_nothing()


def test_labels_are_changed_by_admins_alone():
    """Rights go by them: into a label and out of it, and what else of them is changed."""
    team = replace(CONFIG, labels={"team": "payments"})
    for old, new in ((CONFIG, team), (team, CONFIG), (team, replace(CONFIG, labels={"team": "web"}))):
        was = given(e.InstanceRegistered(old, "5.6.0"))
        was.when(Reconfigure(new, may_change_labels=False)).refuses("labels-fixed")
        was.when(Reconfigure(new)).then(e.InstanceReconfigured(new))
    kept = replace(OTHER_PORT, labels=team.labels)
    was = given(e.InstanceRegistered(team, "5.6.0"))
    was.when(Reconfigure(kept, may_change_labels=False)).then(e.InstanceReconfigured(kept))


@pytest.mark.parametrize(
    "change",
    [{"name": "other"}, {"product": "astra"}, {"kind": "compose", "compose": ComposeProject("/srv/flags", "flags")}],
)
def test_name_product_and_kind_are_fixed(change):
    """What an instance is cannot be reconfigured."""
    given(*IDLE).when(Reconfigure(replace(CONFIG, **change))).refuses("fixed-at-registration")


@pytest.mark.parametrize(
    "given_of_kind",
    [
        {"kind": "npx"},
        {"kind": "npx", "port": 4242, "prefix": "/opt/astra"},
        {"kind": "cli", "port": 4242},
        {"kind": "cli", "database": CONFIG.database},
        {"kind": "compose", "port": 4242},
        {"kind": "npx", "port": 4242, "compose": ComposeProject("/srv/flags", "flags")},
        {"kind": "cli", "folder": "/srv/flags"},
        {"kind": "cli", "kept_variables": ("SECRET_KEY",)},
        {"kind": "compose", "port": 4242, "folder": "/srv", "compose": ComposeProject("/srv/flags", "flags")},
    ],
    ids=[
        "no port",
        "prefix",
        "port",
        "database",
        "no project",
        "project",
        "folder",
        "variables",
        "folder beside a project",
    ],
)
def test_no_instance_has_what_its_kind_cannot_have(given_of_kind):
    """A gateway serves on a port; a command line has neither port nor database, and it alone a prefix."""
    with pytest.raises(ValueError, match="kind"):
        InstanceConfig("flags", "unleash", **given_of_kind)
    assert InstanceConfig("shell", "astra-cli", kind="cli", prefix="/opt/astra").port is None


@pytest.mark.parametrize(
    ("name", "maintenance", "other"),
    [
        ("unleash", "postgres", "postgres"),
        ("unleash", "admin", "admin"),
        ("postgres", "postgres", "template1"),
        ("admin", "admin", "template1"),
        ("template1", "template1", "postgres"),
    ],
)
def test_a_database_is_renamed_from_another(name, maintenance, other):
    """Nobody renames the database that they are connected to: one that is called as the maintenance one has another."""
    database = DatabaseConfig(name, "unleash", maintenance=maintenance)
    assert database.maintained_from == other
    assert psql("psql", database, "SELECT 1")[-3:] == (other, "--command", "SELECT 1")


def test_a_project_may_publish_no_port():
    """Its gateway is asked inside, and told from others by its service; what serves nobody is a command line alone."""
    inside = InstanceConfig("flags", "unleash", kind="compose", compose=ComposeProject("/srv/flags", "flags", "web"))
    assert inside.serves
    assert inside.serving_place == "as the service web of the project flags"
    assert acted_on(inside) == ("service local flags web",)
    assert not InstanceConfig("shell", "astra-cli", kind="cli").serves


def test_a_product_without_a_port_is_known_by_its_database():
    """Nobody can name a port for it, and no other instance can have the same database."""
    worker = Product("jobs", "Jobs", Npm("jobs", "jobs"), start=URL, health=HealthCheck(by="process"))
    config = InstanceConfig("jobs", "jobs", database=DatabaseConfig("goods", "keeper"))
    check_config(config, {"jobs": worker})
    assert acted_on(config) == ("database local 5432 goods",)
    assert config.serving_place == "with the database goods"
    with pytest.raises(Refused, match="has no port; leave it out") as refused:
        check_config(replace(config, port=4242), {"jobs": worker})
    assert refused.value.code == "port-unfit"


def test_an_idle_instance_is_retired():
    """A retired instance keeps what is known of it, and its name."""
    state = given(*SUCCEEDED).when(retire).then(retired)
    assert state == s.Retired(instance_of(given(*SUCCEEDED).state))
    assert identity_of(state) == ("name flags",)


NOT_RUNNING = e.InstanceObserved(None, "nothing serves on port 4242", AT)


@pytest.mark.parametrize(
    ("history", "end"),
    [
        ((*IDLE, NOT_RUNNING), never_ran),
        (IDLE, retired),
        ((*IDLE, observed), retired),
        ((*IDLE, observed, NOT_RUNNING), retired),
        ((*IDLE, observed, e.InstanceReconfigured(OTHER_PORT)), retired),
        ((*REQUESTED, refused), retired),
    ],
    ids=["seen not to run", "not looked at", "seen", "seen before", "seen and moved", "asked to upgrade"],
)
def test_the_name_of_one_that_never_ran_is_free_again(history, end):
    """What workers looked for and never saw has no history that a name would have to lead to."""
    state = given(*history).when(retire).then(end)
    assert identity_of(state) == (() if end.name_free else ("name flags",))


@pytest.mark.parametrize("history", [IDLE, SUCCEEDED, ROLLED_BACK])
def test_an_idle_instance_is_renamed(history):
    """It is known by the new name from here on, and keeps everything else, its way back too."""
    was = given(*history)
    state = was.when(rename).then(renamed)
    assert state == s.Idle(replace(instance_of(was.state), config=replace(CONFIG, name="shop")))
    assert identity_of(state) == ("name shop", *identity_of(was.state)[1:])
    was.when(Rename("flags")).then_nothing()


def test_a_name_is_not_changed_by_reconfiguring():
    """The refusal says by which command it is."""
    refusal = given(*IDLE).when(Reconfigure(replace(CONFIG, name="shop"))).refuses("fixed-at-registration")
    assert "astrolabe rename" in refusal.detail


@pytest.mark.parametrize("command", [Reconfigure(OTHER_PORT), rename, retire], ids=["reconfigure", "rename", "retire"])
class TestNotIdle:
    """Only an idle instance is changed."""

    @pytest.mark.parametrize("busy", BUSY)
    def test_busy(self, command, busy):
        """A busy instance is not changed, and the refusal names the upgrade in the way."""
        refusal = given(*HISTORIES[busy]).when(command).refuses("instance-busy")
        assert refusal.facts == {"upgrade_id": UP}
        assert UP in refusal.detail

    def test_absent(self, command):
        """What nobody registered cannot be changed."""
        given().when(command).refuses("instance-unknown")

    def test_retired(self, command):
        """What is retired cannot be changed."""
        given(*RETIRED).when(command).refuses("instance-retired")


@pytest.mark.parametrize("command", [rename, retire], ids=["rename", "retire"])
def test_an_inconsistent_instance_is_neither_retired_nor_renamed(command):
    """While a person must act it is not given up, its secrets stay its own, and the refusal says what to do."""
    refusal = given(*INCONSISTENT).when(command).refuses("instance-inconsistent")
    assert "Look at its log." in refusal.detail
    assert refusal.facts == {"upgrade_id": UP}


def test_what_the_way_back_failed_for_is_mended_in_the_configuration():
    """An inconsistent instance is reconfigured, and the next retry goes by that; its database keeps its name."""
    now = given(*INCONSISTENT)
    mended = now.when(Reconfigure(OTHER_PORT)).then(e.InstanceReconfigured(OTHER_PORT))
    assert isinstance(mended, s.Inconsistent)
    again = now.and_then(e.InstanceReconfigured(OTHER_PORT), e.RollbackStarted(UP, "retry")).state
    assert isinstance(again, s.RollingBack)
    assert again.instance.config == OTHER_PORT
    assert CONFIG.database
    for database in (None, replace(CONFIG.database, name="other")):
        now.when(Reconfigure(replace(CONFIG, database=database))).refuses("database-fixed")


URL = StartCommand(env={"URL": "{database_url}"})
UNLEASH = Product(
    "unleash",
    "Unleash",
    Npm("unleash-server"),
    start=URL,
    settings=("PORT", "KEY"),
)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"settings": {"PORT": "1"}, "secrets": {"KEY": "env:ASTROLABE_SECRET_KEY"}}, None),
        ({"product": "other"}, "product-unknown"),
        ({"kind": "cli", "port": None, "database": None}, "kind-unsupported"),
        ({"port": None}, "port-unfit"),
        ({"settings": {"NODE_OPTIONS": "1"}}, "setting-unknown"),
        ({"secrets": {"NODE_OPTIONS": "env:ASTROLABE_SECRET_KEY"}}, "setting-unknown"),
        ({"settings": {"KEY": "1"}, "secrets": {"KEY": "env:ASTROLABE_SECRET_KEY"}}, "setting-twice"),
        ({"database": None}, "database-missing"),
        ({"settings": {"PORT": "1" * LONGEST_CONFIG}}, "instance-too-large"),
    ],
)
def test_a_configuration_must_fit_its_product(changes, code):
    """Its product is known, may be deployed this way, has these settings and the database that it needs."""
    config = replace(CONFIG, **changes)
    if code is None:
        check_config(config, {"unleash": UNLEASH})
        return
    with pytest.raises(Refused) as refused:
        check_config(config, {"unleash": UNLEASH})
    assert refused.value.code == code
