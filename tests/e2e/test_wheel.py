"""The wheel as it is installed: in an environment with what it asks for and nothing else, amid a stranger's code."""

import re
import shutil
import sys
import zipfile
from dataclasses import dataclass
from email import message_from_string
from pathlib import Path
from signal import SIGINT

import httpx
import pytest
import pytest_asyncio

from astrolabe.cli.own_python import run_module
from astrolabe.cli.servers.folder import DataFolder
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.programs.shell import run, supervise
from tests.distributions import ASTROLABE, needed, parts
from tests.ports import free_port
from tests.waiting import until

PROJECT = Path(__file__).parents[2]

STRANGERS = (
    *("api", "cli", "domain", "migrations", "store", "workers"),
    *("astrolabe", "click", "httpx", "litestar", "msgspec", "sitecustomize", "uvicorn"),
)
"""Modules that a folder of somebody else's may hold: our folders, our package, and what we import."""

FOREIGN = """\
with open({marker!r}, "a") as marker:
    print(__name__, file=marker)
raise SystemExit("somebody else's code runs")
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution, as an installer without a wheel would build it."""
    folder = tmp_path_factory.mktemp("dist")
    build = run_module("hatchling", "build", "--directory", str(folder), "--target")
    await run([*build, "sdist"], env=inherited(), cwd=PROJECT, deadline=60)
    (source,) = folder.glob("*.tar.gz")
    shutil.unpack_archive(source, folder)
    await run([*build, "wheel"], env=inherited(), cwd=folder / source.name.removesuffix(".tar.gz"), deadline=60)
    (made,) = folder.glob("*.whl")
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command `astrolabe` of a new environment, which holds the wheel and what it asks for."""
    home = tmp_path_factory.mktemp("new") / "an environment"
    await run([sys.executable, "-m", "venv", "--without-pip", home], env=inherited(), deadline=60)
    python = home / "bin" / "python"
    asked = await run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], env=inherited(), deadline=60
    )
    pip = run_module("pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps", str(wheel))
    await run(pip, env=inherited(), deadline=60)
    for part in parts(needed(f"{ASTROLABE}[embedded]")):
        Path(asked.stdout.strip(), part.name).symlink_to(part)
    return home / "bin" / "astrolabe"


@dataclass(frozen=True)
class Abroad:
    """A folder of a stranger's, where the user stands and where PYTHONPATH leads."""

    folder: Path
    marker: Path

    @property
    def env(self) -> dict[str, str]:
        """The environment of a command that is typed there."""
        return {**inherited(), "PYTHONPATH": f"{self.folder}:"}

    def told(self) -> list[str]:
        """Return which modules of the stranger's ran."""
        return self.marker.read_text().splitlines() if self.marker.exists() else []


@pytest.fixture
def abroad(tmp_path: Path) -> Abroad:
    """A folder whose modules write down that they ran, and end the program."""
    folder, marker = tmp_path / "abroad", tmp_path / "marker"
    for name in STRANGERS:
        (folder / name).mkdir(parents=True)
        for module in ("__init__", "__main__", "main"):
            (folder / name / f"{module}.py").write_text(FOREIGN.format(marker=str(marker)))
    return Abroad(folder, marker)


def test_the_wheel_holds_one_package_and_nothing_of_the_demo(wheel: Path) -> None:
    """Other distributions' modules cannot be overwritten, and what only demo and tests need is not installed."""
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
    (own,) = {name.split("/")[0] for name in names if ".dist-info/" not in name and ".data/" not in name}
    assert own == "astrolabe"
    assert {"astrolabe/py.typed", "astrolabe/api/page/index.html", "astrolabe/migrations/script.py.mako"} <= set(names)
    assert "astrolabe/store/products/unleash.toml" in names
    assert not [name for name in names if name.startswith(("astrolabe/cli/demo/", "astrolabe/cli/private_engine/"))]
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_what_a_package_index_shows_leads_nowhere_that_is_not_there(wheel: Path) -> None:
    """The long description has no link into a repository that whoever reads it does not have."""
    with zipfile.ZipFile(wheel) as opened:
        (path,) = (name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        described = message_from_string(opened.read(path).decode())
    assert described["License-Expression"] == "Apache-2.0"
    assert described["Name"] != "astrolabe"  # another project's, which installers would fetch
    targets = re.findall(r"\]\(([^)]+)\)", str(described.get_payload()))
    assert [target for target in targets if not target.startswith("https://")] == []


async def test_the_trap_works(abroad: Abroad) -> None:
    """Python by itself runs the stranger's code there, by the folder and by the variable."""
    plain = [sys.executable, "-S", "-m", "cli.main"]
    for env in (inherited(), abroad.env):
        ended = await run(plain, env=env, cwd=abroad.folder, deadline=60, check=False)
        assert "somebody else's code runs" in ended.stderr
    assert abroad.told() == ["cli", "cli"]


@pytest.mark.shipped
@pytest.mark.timeout(120)
async def test_astrolabe_serves_where_a_stranger_s_code_lies(
    command: Path, abroad: Abroad, servers_folder: DataFolder
) -> None:
    """Standing in such a folder, with PYTHONPATH leading there, `up` serves and a client asks it; nothing else ran."""
    data = servers_folder.path / "wheel"
    log, bind = servers_folder.path / "wheel.log", f"127.0.0.1:{free_port()}"
    env = {**abroad.env, "ASTROLABE_DATA": str(data)}
    up = supervise([str(command), "up", "--bind", bind], env=env, log=log, cwd=abroad.folder)
    try:
        await until(lambda: "Next, in another terminal" in log.read_text() or up.returncode is not None, 60)
        token = re.findall(r"ASTROLABE_TOKEN=(\S+)", log.read_text())
        assert token, log.read_text()
        async with httpx.AsyncClient(base_url=f"http://{bind}", trust_env=False) as http:
            assert (await http.get("/readyz")).is_success
        client = {**abroad.env, "ASTROLABE_URL": f"http://{bind}", "ASTROLABE_TOKEN": token[0]}
        asked = await run([command, "token", "list"], env=client, cwd=abroad.folder, deadline=60)
        assert "admin" in asked.stdout
    finally:
        code = await up.stop(SIGINT, grace=40)
    assert code == 0
    assert "starts again" not in log.read_text()
    assert abroad.told() == []
