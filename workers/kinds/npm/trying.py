"""A pulled tree, tried while the old version still serves: whether its program can be loaded here at all.

It is given nothing that it could touch: no database, no setting, no secret, a port of nobody's, an empty home.
"""

import os
import re
import tempfile
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.domain.kinds import npx as argv
from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.products.placeholders import PLACEHOLDERS, say_database
from astrolabe.domain.products.product import Npm, Product
from astrolabe.store.ports import free_port
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.kinds.npm import npm
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited, inherited_by

TRY_SECONDS = 20.0
"""What still runs after that could be loaded."""

UNLOADABLE: Final = (
    "MODULE_NOT_FOUND",
    "Cannot find module",
    "Cannot find package",
    "ERR_DLOPEN_FAILED",
    "ERR_REQUIRE_ESM",
    "ERR_UNKNOWN_BUILTIN_MODULE",
    "NODE_MODULE_VERSION",
    "Could not locate the bindings file",
    "No native build was found",
    "invalid ELF header",
    "SyntaxError: ",
)
"""What Node, and those who load compiled parts, say of a program that is not whole here; any other end is no news."""

_tried: Final[set[tuple[Path, Path, int, ProcessUser | None]]] = set()
"""What could be loaded: trees with the Node for each, when each was pulled, and by whom it was loaded."""


class _Locked(Struct, frozen=True, rename="camel"):
    has_install_script: bool = False


class _Lock(Struct, frozen=True):
    packages: dict[str, _Locked] = {}


async def try_tree(
    product: Product, artifact: Artifact, tree: Path, node: Path, user: ProcessUser | None = None
) -> None:
    """Load the program of a tree, as the user that it will run as where that is not the worker's own.

    Raises StepFailed where Node cannot, and the tree is to be pulled anew.
    """
    key = tree, node, npm.pulled_at(tree), user
    if key in _tried:
        return
    with tempfile.TemporaryDirectory(prefix="astrolabe-try-") as home:
        command, env = _command(product, tree, node), _environment(product, node, home, user)
        if user:
            os.chown(home, user.uid, user.gid)
        if command and (said := await _unloadable(command, env, Path(home), tree, user)):
            npm.forget(tree)
            raise _unusable(product.package, artifact, tree, said)
    _tried.add(key)


def _command(product: Product, tree: Path, node: Path) -> tuple[str, ...]:
    """Ask a command for its version; start what takes none, if it can be given a database that is not there."""
    program = argv.program(str(node), product.package, str(tree))
    words = (*product.start.env.values(), *product.start.args)
    if product.package.bin:
        return (*program, "--version")
    if say_database(words):
        return (*program, *(arg.format(**_nowhere()) for arg in product.start.args))
    return ()


def _nowhere() -> dict[str, str]:
    closed = f"127.0.0.1:{free_port()}"
    url = f"postgresql://nobody@{closed}/nothing"
    nowhere = dict.fromkeys(PLACEHOLDERS, "nobody")
    host, _, port = closed.partition(":")
    database = {"database_url": url, "database_host": host, "database_port": port}
    return {**nowhere, "address": "127.0.0.1", "port": str(free_port()), **database}


def _environment(product: Product, node: Path, home: str, user: ProcessUser | None) -> dict[str, str]:
    values, env = _nowhere(), inherited_by(user) if user else inherited()
    own = {name: value.format(**values) for name, value in product.start.env.items()}
    # Where a program looks for a database by itself, it finds none.
    nobody = {"PGHOST": "127.0.0.1", "PGPORT": str(free_port()), "PGUSER": "nobody"}
    return {**env, **own, **nobody, "HOME": home, "PATH": f"{node.parent}:{env.get('PATH', '')}"}


async def _unloadable(
    command: tuple[str, ...], env: dict[str, str], folder: Path, tree: Path, user: ProcessUser | None
) -> str | None:
    try:
        ended = await shell.run(command, env=env, cwd=folder, deadline=TRY_SECONDS, user=user, check=False)
    except shell.CommandTimedOut:
        return None
    except shell.CommandProblem as error:
        return str(error)
    said = f"{ended.stdout}\n{ended.stderr}".strip()
    lacks_own = re.search(rf"ENOENT[^\n]*{re.escape(str(tree))}", said)
    return said if ended.returncode != 0 and (lacks_own or any(each in said for each in UNLOADABLE)) else None


def _unusable(package: Npm, artifact: Artifact, tree: Path, said: str) -> StepFailed:
    scripts = "" if package.scripts else _scripts(tree)
    todo = "Read what it said, and give this host what it needs, or ask for another version; then retry."
    if scripts:
        todo = f"The scripts of {scripts} were not run: let the product's file say scripts = true, then retry."
    named = [line for line in said.splitlines() if any(each in line for each in UNLOADABLE)]
    return StepFailed(
        "artifact-unusable",
        f"{artifact.name} was pulled, and its program cannot be loaded on this host; nothing was stopped.",
        seen=named or said.splitlines(),
        todo=todo,
        output=said,
    )


def _scripts(tree: Path) -> str:
    """Name the packages of a tree that npm would have run scripts of."""
    try:
        lock = msgspec.json.decode((tree / "node_modules" / ".package-lock.json").read_bytes(), type=_Lock)
    except (OSError, msgspec.DecodeError):
        return ""
    return ", ".join(
        path.rpartition("node_modules/")[2] for path, each in lock.packages.items() if each.has_install_script
    )
