"""The stand-in as a command line: the same versions as the gateway's, and what is wrong with some of them."""

import json
from typing import Final

from tests.standin.releases import RELEASES, Package, pack

NAME: Final = "standin-cli"
BIN: Final = "standin"

SCRIPT: Final = """\
#!/usr/bin/env node
const answers = { '--version': ['%(version)s', 0], doctor: ['ok', 0], ...%(faults)s };
const [words, code] = answers[process.argv[2]] ?? ['usage: standin [doctor | --version]', 2];
console.log(words);
process.exitCode = code;
"""

FAULTS: Final = {
    "1.2.0": {"--version": ["its settings cannot be read", 1]},
    "1.5.0": {"--version": ["cannot go on", 3]},
    "1.6.0": {"doctor": ["the rank of some items is unknown", 1]},
}


def packages() -> list[Package]:
    """Pack every release, in the order of publication."""
    return [_package(release.version) for release in RELEASES]


def _package(version: str) -> Package:
    script = SCRIPT % {"version": version, "faults": json.dumps(FAULTS.get(version, {}))}
    return package(NAME, BIN, version, script)


def package(name: str, bin_name: str, version: str, script: str) -> Package:
    """Pack a command line that is one script."""
    manifest = {
        "name": name,
        "version": version,
        "license": "MIT",
        "bin": {bin_name: "cli.js"},
        "engines": {"node": ">=18"},
        "repository": {"type": "git", "url": f"git+https://example.invalid/{name.removeprefix('@')}.git"},
    }
    files = {"package.json": json.dumps(manifest).encode(), "cli.js": script.encode()}
    return Package(manifest, pack(files))
