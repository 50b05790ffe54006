"""What is said to supervisors, what their answers mean, and what names and words may be."""

from functools import reduce

import msgspec
import pytest
from msgspec.structs import replace

from astrolabe.domain.supervision import cgroup, parents, pm2, systemd
from astrolabe.domain.supervision.cgroup import ContainerOf, UnitOf
from astrolabe.domain.supervision.supervisor import Pm2App, Pm2Daemon, SupervisorId, SystemdService, named
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.evolve import evolve
from tests.domain.samples import HISTORIES, rollback_begun

ID = "5b1c5f8e2f3d4a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
SERVICE = SystemdService("gateway.service")
APP = Pm2App("gateway", Pm2Daemon("/home/owner/.pm2", ("/usr/bin/node", "/usr/lib/pm2")))

GROUPS = {
    "0::/system.slice/gateway.service": UnitOf("gateway.service", "system"),
    "0::/system.slice/gateway.service/worker": UnitOf("gateway.service", "system"),
    "0::/system.slice/system-astra.slice/astra@main.service": UnitOf("astra@main.service", "system"),
    "12:pids:/\n1:name=systemd:/system.slice/gateway.service\n0::/": UnitOf("gateway.service", "system"),
    "0::/user.slice/user-7.slice/user@7.service/app.slice/gateway.service": UnitOf("gateway.service", "user"),
    "0::/user.slice/user-7.slice/user@7.service/init.scope": UnitOf("init.scope", "user"),
    "0::/user.slice/user-7.slice/session-3.scope": UnitOf("session-3.scope", "system"),
    "0::/system.slice/_cgroup.service": UnitOf("cgroup.service", "system"),
    "0::/": None,
    "0::/../..": None,
    f"4:memory:/docker/{ID}\n0::/": None,
}


@pytest.mark.parametrize("text", GROUPS)
def test_the_unit_of_a_process(text: str) -> None:
    """The control groups of a process name its unit, and whose systemd has it."""
    assert cgroup.unit(text) == GROUPS[text]


CONTAINERS = {
    f"0::/system.slice/docker-{ID}.scope": ContainerOf("docker", ID),
    f"4:memory:/docker/{ID}\n0::/": ContainerOf("docker", ID),
    f"0::/machine.slice/libpod-{ID}.scope": ContainerOf("podman", ID),
    f"0::/kubepods/burstable/pod1-2/{ID}": ContainerOf("Kubernetes", ID),
    "0::/lxc.payload.web/system.slice": ContainerOf("LXC", "web"),
    "0::/machine.slice/machine-web.scope": ContainerOf("systemd-nspawn", "web"),
    "0::/system.slice/docker.service": None,
    "0::/system.slice/gateway.service": None,
}


@pytest.mark.parametrize("text", CONTAINERS)
def test_the_container_of_a_process(text: str) -> None:
    """The control groups of a process name its container, and its engine."""
    assert cgroup.container(text) == CONTAINERS[text]


OPTIONS = ("-gateway.service", "--user.service", "gateway", "a b.service", "a/b.service", "a.service\n", "a.socket")


@pytest.mark.parametrize("unit", OPTIONS)
def test_a_units_name_becomes_no_option_and_no_path(unit: str) -> None:
    """Only a service's whole name is one, and none can become an option or a path."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"type": "systemd", "unit": unit}, SupervisorId)


@pytest.mark.parametrize("name", ["all", "17", "-f", "/gate.*/", "app.json", "x.config.js", "a\nb", "a.yaml", ""])
def test_a_name_of_pm2s_stays_a_name(name: str) -> None:
    """What pm2 would take for an id, an option, a pattern, a file or everybody is no name."""
    raw = {"type": "pm2", "name": name, "daemon": {"home": "/home/owner/.pm2", "program": ["/usr/bin/pm2"]}}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(raw, SupervisorId)


def test_a_supervisor_is_found_again_by_its_record() -> None:
    """What a worker records of a supervisor says it all."""
    for each in (SERVICE, SystemdService("gateway.service", "user"), APP):
        assert msgspec.json.decode(msgspec.json.encode(each), type=SupervisorId) == each


@pytest.mark.parametrize("path", ["bin/node", "/a/../b", "/a\nb", "/a\\b", "/a$b", "--help"])
def test_a_program_is_an_absolute_path(path: str) -> None:
    """What is pinned is one program by its whole path, and nothing that a shell or a unit would read otherwise."""
    with pytest.raises(msgspec.ValidationError):
        systemd.pin_text([path, "start"], "/env")
    with pytest.raises(msgspec.ValidationError):
        pm2.pinned({"name": "gateway"}, [path, "start"], {})


def test_commands_to_systemd() -> None:
    """Every command asks for no password, and what follows is a name."""
    assert systemd.stop(SERVICE) == ("systemctl", "--no-ask-password", "--no-pager", "stop", "--", "gateway.service")
    assert systemd.daemon_reload("user")[:2] == ("systemctl", "--user")
    assert systemd.start(SERVICE)[-3:] == ("--no-block", "--", "gateway.service")


def test_the_folder_of_drop_ins() -> None:
    """Drop-ins lie where an administrator's lie, or the user's own, wherever that user's home is."""
    machines = "/etc/systemd/system.control /run/systemd/system /etc/systemd/system /lib/systemd/system"
    users = "/home/o/.config/systemd/user.control /home/o/.config/systemd/user /etc/systemd/user /usr/lib/systemd/user"
    assert systemd.folder_of(SERVICE, machines) == "/etc/systemd/system/gateway.service.d"
    own = SystemdService("gateway.service", "user")
    assert systemd.folder_of(own, users) == "/home/o/.config/systemd/user/gateway.service.d"
    assert systemd.folder_of(SERVICE, "/run/systemd/system") is None


def test_a_drop_in_that_pins() -> None:
    """A drop-in takes the unit's command away, and gives another, in which systemd expands nothing."""
    text = systemd.pin_text(["/opt/node", '50% of "$HOME"'], "/var/a b%c")
    assert text.partition("[Service]\n")[2].splitlines() == [
        "ExecStart=",
        'ExecStart="/opt/node" "50%% of \\"$$HOME\\""',
        "EnvironmentFile=/var/a b%%c",
    ]


def test_variables_of_a_unit() -> None:
    """A variable's value is what it was, quotes, lines and all, and its name is a name."""
    assert (
        systemd.environment_text({"B": 'a "b" \\ $c `d`\ne', "A": ""}) == 'A=""\nB="a \\"b\\" \\\\ \\$c \\`d\\`\ne"\n'
    )
    with pytest.raises(msgspec.ValidationError):
        systemd.environment_text({"A=1\nB": "x"})
    with pytest.raises(ValueError, match="NUL"):
        systemd.environment_text({"A": "a\0b"})


def test_what_systemd_answers() -> None:
    """What systemd shows of a service is read, and what it does not show is empty."""
    unit = systemd.parse_unit(
        "Id=gateway.service\nMainPID=17\nRestart=on-failure\nTransient=no\nJob=\n"
        "ExecStart={ path=/usr/bin/node ; argv[]=/usr/bin/node gateway.js ; ignore_errors=no ; pid=17 }\n"
    )
    assert (unit.main_pid, unit.keeps, unit.program) == (17, True, "/usr/bin/node")
    assert unit.command == "/usr/bin/node gateway.js"
    assert systemd.why_not(unit) is None
    owners = "/etc/systemd/system/gateway.service.d/override.conf"
    assert systemd.why_not(replace(unit, drop_in_paths=owners)) is None
    late = systemd.why_not(replace(unit, drop_in_paths=f"{owners} {owners.replace('override', 'zzz')}"))
    assert late is not None
    assert "zzz.conf comes after" in late[0]
    assert not systemd.parse_unit("").keeps


def test_what_pm2_answers() -> None:
    """What pm2 lists is read also behind what it had to say first."""
    entry = {"pm_exec_path": "/a.js", "exec_interpreter": "node", "args": ["x"], "status": "online", "other": 1}
    listed = msgspec.json.encode([{"name": "gateway", "pid": 17, "pm2_env": entry}]).decode()
    (app,) = pm2.parse_list(f">>>> In-memory PM2 is out-of-date, do:\n>>>> $ pm2 update\n{listed}")
    assert (app.pid, app.running, app.command) == (17, True, ("node", "/a.js", "x"))
    assert app.entry == entry
    assert pm2.parse_list("[]") == []
    assert pm2.why_not(app, 1) is None
    assert pm2.why_not(app, 2) is not None


def test_an_entry_of_pm2s_that_pins() -> None:
    """A pinned entry has the new command and variables, rests, is ours, and is in all else as its owner had it."""
    owner = {
        "name": "gateway",
        "pm_id": 3,
        "env": {"A": "1", "B": "2"},
        "B": "2",
        "node_args": [],
        "kill_timeout": 9,
        "status": "online",
    }
    pinned = pm2.pinned(owner, ["/opt/node", "/tree/a.js", "start"], {"B": "3"})
    assert pinned == {
        "name": "gateway",
        "env": {"A": "1", "B": "3"},
        "B": "3",
        "node_args": [],
        "kill_timeout": 9,
        "status": "stopped",
        "pm_exec_path": "/tree/a.js",
        "exec_interpreter": "/opt/node",
        "args": ["start"],
        "astrolabe": {"pinned": True},
    }
    assert pm2.is_ours(pinned)
    assert not pm2.is_ours(owner)
    assert pm2.pinned(owner, ["/tree/.bin/a", "start"], {})["exec_interpreter"] == "none"
    kept = pm2.pinned({**owner, "node_args": ["--max-old-space-size=4096"], "exec_interpreter": "node"}, ["/a"], {})
    assert (kept["exec_interpreter"], kept["pm_exec_path"]) == ("node", "/a")


PROGRAMS = {
    ("/venv/bin/python3.11", "/venv/bin/supervisord", "-n"): "supervisord",
    ("runsv", "gateway"): "runsv",
    ("node", "--inspect", "/usr/lib/node_modules/nodemon/bin/nodemon.js"): "nodemon",
    ("node", "/usr/lib/node_modules/forever/bin/monitor", "a.js"): "forever",
    ("npm exec astra",): "npm",
    ("tmux: server",): "tmux",
    ("-bash",): "bash",
    (): "",
}


@pytest.mark.parametrize("argv", PROGRAMS)
def test_the_program_of_a_process(argv: tuple[str, ...]) -> None:
    """A process is known by its program, an interpreter's by its script, one with a title by that."""
    assert parents.program(argv) == PROGRAMS[argv]


SCRIPTS = {
    ("sh", "-c", "astra start"): ("astra start", None),
    ("/bin/bash", "-ec", "astra", "name"): ("astra", None),
    ("bash", "--norc", "loop.sh", "x"): (None, "loop.sh"),
    ("-bash",): (None, None),
    ("bash", "-i"): (None, None),
    ("busybox", "sh", "loop.sh"): (None, "loop.sh"),
    ("node", "a.js"): None,
}


@pytest.mark.parametrize("argv", SCRIPTS)
def test_what_a_shell_runs(argv: tuple[str, ...]) -> None:
    """A shell runs words, a script, or what is typed into it."""
    assert parents.shell_script(argv) == SCRIPTS[argv]


@pytest.mark.parametrize("text", ["while :; do astra; done", "until astra; do :; done", "astra; exec $0"])
def test_a_script_that_begins_again(text: str) -> None:
    """A script with a loop, or that starts itself, may do it again."""
    assert not parents.runs_once(text)
    assert parents.runs_once("cd /srv && exec astra start")


def test_a_strangers_words_are_told_without_secrets() -> None:
    """Passwords in addresses, in variables and after options stay where they are."""
    words = ("sh", "-c", "TOKEN=abc astra --db postgres://u:pw@h/d --key=xyz", "--password", "hidden", "plain")
    shown = parents.shown(words)
    assert shown == (
        "sh -c TOKEN=[REDACTED] astra --db postgres://[REDACTED]@h/d --key=[REDACTED] --password [REDACTED] plain"
    )
    assert len(parents.shown(["x" * 1000])) < 400


def kept_by(supervisor: SupervisorId | None, events: tuple[e.Event, ...]) -> SupervisorId | None:
    """Fold a history in which preflight found who keeps the gateway running."""
    told = [replace(each, supervisor=supervisor) if isinstance(each, e.PreflightPassed) else each for each in events]
    state = reduce(evolve, told, s.Absent())
    assert not isinstance(state, s.Unversioned)
    return state.instance.supervisor


@pytest.mark.parametrize("state", [s.Planned, s.Pulled, s.Migrating, s.Serving, s.Restored, s.Inconsistent])
def test_who_keeps_a_gateway_is_known_from_preflight_on(state: type[s.State]) -> None:
    """Another worker, and the way back, act through whom preflight found."""
    assert kept_by(SERVICE, HISTORIES[state]) == SERVICE
    assert kept_by(None, HISTORIES[state]) is None


def test_who_keeps_it_by_now_counts_when_a_way_back_is_asked_for() -> None:
    """The owner may have moved the gateway since the upgrade."""
    asked = (*HISTORIES[s.Assessing], replace(rollback_begun, supervisor=APP))
    assert kept_by(SERVICE, asked) == APP


def test_supervisors_are_named() -> None:
    """People read the unit, or the name in pm2's list."""
    assert [named(SERVICE), named(APP)] == ["systemd, gateway.service", "pm2, gateway"]
