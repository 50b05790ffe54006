"""A typed client, generated from the OpenAPI by a tool of others: nothing is left out of it, and it is used."""

import re
import sys
from pathlib import Path

import msgspec

from astrolabe.api.app import create_app
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from tests.api.house import House
from tests.api.test_server import serving

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
CHECKED = {"include": ["use.py"], "pythonVersion": "3.11", "typeCheckingMode": "strict"}


def documented(language: str) -> str:
    """The part of the page that says how a client is generated, or the program that uses one."""
    section = PAGE.read_text("utf-8").partition("## A typed client")[2]
    (found,) = re.findall(rf"```{language}\n(.+?)```", section.partition("\n## ")[0], re.DOTALL)
    return found


async def run(folder: Path, *words: str, **variables: str) -> tuple[int | None, str]:
    """Run a module of ours or of a tool's in a folder; its exit code, and all that it said."""
    ended = await shell.run(
        [sys.executable, *words], env={**inherited(), **variables}, cwd=folder, deadline=120, check=False
    )
    return ended.returncode, ended.stdout + ended.stderr


async def generate(folder: Path) -> None:
    """Generate a client as the page says, from the document as it is served; a warning is an error."""
    described = create_app(database_url="postgresql://nobody@127.0.0.1/nothing").openapi_schema.to_schema()
    (folder / "openapi.json").write_bytes(msgspec.json.encode(described))
    _, configure, command = documented("sh").splitlines()
    written, _, name = configure.removeprefix("printf '").partition("' > ")
    (folder / name).write_text(written.replace("\\n", "\n"), "utf-8")
    words = command.removeprefix("openapi-python-client ").split()
    code, said = await run(folder, "-m", "openapi_python_client", *words, "--fail-on-warning")
    assert code == 0, said
    operations = [each for item in described["paths"].values() for each in item]
    assert len(list((folder / "astrolabe_client" / "api").glob("*/[a-z]*.py"))) == len(operations)


async def test_a_generated_client_is_whole_and_typed_and_asks_for_an_upgrade(tmp_path: Path, database_url: str) -> None:
    """No operation is left out; the page's program passes a strict check of its types, and is answered or refused."""
    await generate(tmp_path)
    (tmp_path / "use.py").write_text(documented("python"), "utf-8")
    (tmp_path / "pyrightconfig.json").write_bytes(msgspec.json.encode(CHECKED))
    code, said = await run(tmp_path, "-m", "basedpyright", "--pythonpath", sys.executable, "--project", str(tmp_path))
    assert code == 0, said
    async with serving(database_url) as running:
        house: House = running.house
        await house.register()
        where = {"ASTROLABE_URL": str(house.client.base_url), "ASTROLABE_TOKEN": house.secrets["admin"]}
        code, said = await run(tmp_path, "use.py", **where)
        assert (code, said) == (0, "preflight, backup, pull, migrate, verify\n5.6.0 6.10.1 requested\n")
        code, said = await run(tmp_path, "use.py", **where)
        assert (code, said.splitlines()[-1].partition(":")[0]) == (1, "/problems/instance-busy"), said
