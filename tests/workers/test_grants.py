"""Secrets are an instance's own, and go where the owner of the host lets them go."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.store.settings import SettingsError
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.grants import read_grants
from astrolabe.workers.instance.secret import Secrets

ENVIRONMENT = {"ASTROLABE_SECRET_FLAGS": "of flags", "ASTROLABE_SECRET_CHAT": "of chat"}
MINE, VARIABLE = "flags/password", "env:ASTROLABE_SECRET_FLAGS"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of secrets: one of flags, one of chat, and one of nobody."""
    for name in ("flags/password", "flags-eu/password", "chat/password", "shared"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"in {name}")
    (tmp_path / "flags" / "link").symlink_to(tmp_path / "chat" / "password")
    return tmp_path


def flags(secret: str, host: str = "127.0.0.1", **more: object) -> InstanceConfig:
    """An instance that names a secret as its database's password, and says where that database is."""
    config = InstanceConfig("flags", "unleash", 4242, database=DatabaseConfig("flags", "ada", host, password=secret))
    return replace(config, **more)


def asked(folder: Path, config: InstanceConfig, *grants: str) -> str | None:
    """What a worker on that host would use."""
    return Secrets([folder], read_grants(grants), ENVIRONMENT).password(config)


def refused(folder: Path, config: InstanceConfig, *grants: str) -> str:
    """What its owner would have to grant for it; nothing was read."""
    with pytest.raises(StepFailed) as failed:
        asked(folder, config, *grants)
    assert failed.value.problem.code == "secret-forbidden"
    assert Secrets([folder], read_grants(grants), ENVIRONMENT).of(config) == ()
    return failed.value.problem.todo


def test_a_file_in_the_folder_of_its_name_is_an_instances_own(folder: Path) -> None:
    """Nobody needs to grant it, on this host."""
    for host in ("127.0.0.1", "localhost", "::1", "/run/postgresql"):
        assert asked(folder, flags(f"file:{folder / MINE}", host)) == "in flags/password"


@pytest.mark.parametrize("name", ["chat/password", "flags-eu/password", "shared", "flags/link"])
def test_the_file_of_another_is_refused(folder: Path, name: str) -> None:
    """Neither another instance's, nor one of nobody, nor one that a link leads to."""
    secret = f"file:{folder / name}"
    assert f"flags={secret} to ASTROLABE_GRANTS" in refused(folder, flags(secret))
    refused(folder, flags(secret), f"chat={secret}", f"flags={secret}x", f"flag={secret}")
    assert asked(folder, flags(secret), f"flags={secret}")


def test_a_variable_is_granted(folder: Path) -> None:
    """A worker's variables are nobody's until its owner says whose."""
    refused(folder, flags(VARIABLE))
    refused(folder, flags("env:ASTROLABE_SECRET_CHAT"), f"flags={VARIABLE}")
    assert asked(folder, flags(VARIABLE), f"flags={VARIABLE}") == "of flags"
    assert asked(folder, flags(VARIABLE), "fl*=env:ASTROLABE_SECRET_FL*") == "of flags"


@pytest.mark.parametrize("secret", [VARIABLE, MINE])
def test_a_secret_goes_to_no_server_that_its_owner_did_not_name(folder: Path, secret: str) -> None:
    """Whoever may configure an instance names its server; the owner of the host says whether that is the right one."""
    if secret == MINE:
        secret = f"file:{folder / MINE}"
    elsewhere = flags(secret, "db.internal")
    assert f"flags={secret}@db.internal:5432" in refused(folder, elsewhere, f"flags={secret}")
    for wrong in ("@db.example", "@db.internal:5433", "@internal", "@127.0.0.1"):
        refused(folder, elsewhere, f"flags={secret}{wrong}")
    refused(folder, elsewhere, f"flags={secret}", "flags=env:ASTROLABE_SECRET_OTHER@db.internal")
    for right in ("@db.internal", "@db.internal:5432", "@*.internal"):
        assert asked(folder, elsewhere, f"flags={secret}{right}")
    assert asked(folder, flags(secret, "FD00::7"), f"flags={secret}@[fd00::7]:5432")


def test_what_a_project_is_given_goes_where_its_engine_is(folder: Path) -> None:
    """A container's environment is the engine's to read, and whoever may configure an instance names its engine."""
    project = ComposeProject("/srv/flags", "flags", database_service="db", engine="tcp://10.0.0.7:2375")
    config = flags(VARIABLE, "db", kind="compose", compose=project, secrets={"KEY": VARIABLE})
    assert f"flags={VARIABLE}@10.0.0.7:2375" in refused(folder, config, f"flags={VARIABLE}")
    with pytest.raises(StepFailed, match=r"10\.0\.0\.7:2375"):
        Secrets([folder], read_grants([f"flags={VARIABLE}"]), ENVIRONMENT).settings(config)
    assert asked(folder, config, f"flags={VARIABLE}@10.0.0.7:2375") == "of flags"
    assert asked(folder, replace(config, compose=replace(project, engine=None)), f"flags={VARIABLE}") == "of flags"


@pytest.mark.parametrize(
    "text", ["flags", "flags=", "=env:X", "flags=password", "flags=env:X@", "flags=env:X@h:p", "F=*"]
)
def test_what_is_no_grant_is_named(text: str) -> None:
    """A worker does not begin with half of what its owner meant."""
    with pytest.raises(SettingsError, match="ASTROLABE_GRANTS"):
        read_grants([text])
