"""Which Node.js a package runs on: the host's own where it is in the package's range, or else ours."""

from pathlib import Path
from typing import Final

from msgspec import Struct

from astrolabe.domain.plans.plan import Check
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.environment import inherited

ASK_SECONDS = 30.0
SATISFIES = "process.exit(require(process.argv[1]).satisfies(process.argv[2], process.argv[3]) ? 0 : 1)"

_versions: Final[dict[tuple[Path, int], str]] = {}
_fitting: Final[dict[tuple[str, str], bool | None]] = {}


class Node(Struct, frozen=True):
    """One Node.js, and whether it is in the range that was asked for; None where nobody knows."""

    program: Path
    version: str
    fits: bool | None


async def node_for(wanted: str | None) -> Node:
    """Return the first Node that is in a range, or the first of all."""
    found: list[Node] = []
    for program in tools.nodes():
        if version := await _version_of(program):
            found.append(Node(program, version, True if wanted is None else await _fits(version, wanted)))
            if found[-1].fits is not False:
                return found[-1]
    return found[0] if found else Node(tools.node(), "no version of its own", fits=None)


async def _version_of(program: Path) -> str:
    """Ask a Node for its version, once for each that was ever at this place; empty where it does not run."""
    key = program, program.stat().st_mtime_ns
    if key not in _versions:
        try:
            ended = await shell.run([program, "--version"], env=inherited(), deadline=ASK_SECONDS)
        except shell.CommandProblem:
            return ""
        _versions[key] = ended.stdout.strip()
    return _versions[key]


async def _fits(version: str, wanted: str) -> bool | None:
    """Judge by npm's own reading of ranges."""
    key = version, wanted
    if key not in _fitting:
        library = Path(tools.npm()[-1]).parent.parent / "node_modules" / "semver"
        if not library.is_dir():
            return None
        command = [tools.node(), "-e", SATISFIES, library, version, wanted]
        ended = await shell.run(command, env=inherited(), deadline=ASK_SECONDS, check=False)
        _fitting[key] = ended.returncode == 0
    return _fitting[key]


async def node_check(wanted: str | None) -> Check:
    """Check that a Node of this host is in the range that a package asks for, and say which will be used."""
    node = await node_for(wanted)
    asks = f"Node.js {wanted}" if wanted else "no particular Node.js"
    seen = f"the package asks for {asks}; this host has {node.version} in {node.program.parent}"
    return Check("node", node.fits is not False, seen)
