"""A start by hand: a script with all that a gateway is started with, secrets too, for the worker's user alone."""

import shlex
from collections.abc import Mapping, Sequence


def script(command: Sequence[str], env: Mapping[str, str], folder: str) -> bytes:
    """Write a shell script that starts a command in a folder with these variables."""
    named = [f"export {name}={shlex.quote(value)}" for name, value in sorted(env.items()) if name.isidentifier()]
    lines = ["#!/bin/sh", f"cd {shlex.quote(folder)} || exit 1", *named, f"exec {shlex.join(command)}", ""]
    return "\n".join(lines).encode()
