"""A start by hand: a script with all that a gateway is started with, secrets too, for the worker's user alone."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.store import whole_file
from astrolabe.workers.instance.site import Site


def as_user(user: ProcessUser) -> str:
    """Begin a line that root types, so that what follows runs as a user: first with its rights, then its variables."""
    groups = f"--groups={','.join(map(str, user.groups))}" if user.groups else "--clear-groups"
    return f"setpriv --reuid={user.uid} --regid={user.gid} {groups} -- "


def script(command: Sequence[str], env: Mapping[str, str], folder: str) -> bytes:
    """Write a shell script that starts a command in a folder with these variables."""
    named = [f"export {name}={shlex.quote(value)}" for name, value in sorted(env.items()) if name.isidentifier()]
    lines = ["#!/bin/sh", f"cd {shlex.quote(folder)} || exit 1", *named, f"exec {shlex.join(command)}", ""]
    return "\n".join(lines).encode()


def written(site: Site, command: Sequence[str], env: Mapping[str, str], folder: Path, name: str) -> str:
    """Write the script of a start for whoever it runs as alone; return the line that a person types to begin it."""
    user = site.other_user
    path = site.host.by_hand(site.instance_id, user, name)
    owner = (user.uid, user.gid) if user else whole_file.NOBODY_ELSE
    whole_file.write(path, script(command, env, str(folder)), lasting=True, private=True, owner=owner)
    return f"nohup {as_user(user) if user else ''}sh {shlex.quote(str(path))}"
