"""The processes above a gateway, judged by what is known of such programs: who starts again what ended."""

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

REDACTED: Final = "[REDACTED]"
LONGEST: Final = 300


class Respawner(Struct, frozen=True):
    """A program that starts again what ended, and how a person stops that."""

    title: str
    todo: str


_SERVICE: Final = "Stop it there ({stop}), register a systemd service or a pm2 process in its place, then retry."


def _known(title: str, stop: str) -> Respawner:
    return Respawner(title, _SERVICE.format(stop=stop))


KNOWN: Final = {
    "supervisord": _known("supervisord", "supervisorctl stop NAME"),
    "runsv": _known("runit", "sv down SERVICE"),
    "s6-supervise": _known("s6", "s6-svc -d SERVICE"),
    "supervise": _known("daemontools", "svc -d SERVICE"),
    "supervise-daemon": _known("OpenRC", "rc-service NAME stop"),
    "perpd": _known("perp", "perpctl d SERVICE"),
    "dinit": _known("dinit", "dinitctl stop NAME"),
    "immortal": _known("immortal", "immortalctl stop NAME"),
    "circusd": _known("circus", "circusctl stop NAME"),
    "monit": _known("monit", "monit unmonitor NAME, then monit stop NAME"),
    "forever": _known("forever", "forever stop SCRIPT"),
    "nodemon": _known("nodemon", "end nodemon"),
    "cron": _known("cron", "take its line out of the crontab"),
    "crond": _known("cron", "take its line out of the crontab"),
    "containerd-shim": _known("a container engine", "docker stop NAME"),
    "containerd-shim-runc-v2": _known("a container engine", "docker stop NAME"),
    "conmon": _known("podman", "podman stop NAME"),
}
"""By the name of the program."""

SHELLS: Final = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "busybox"})
INTERPRETERS: Final = frozenset({"node", "python", "python3", "ruby", "perl", "bun", "deno"})
_LAUNCHERS: Final = {"npm", "npx", "pnpm", "pnpx", "yarn", "bunx", "corepack"}
_WRAPPERS: Final = {"env", "nice", "ionice", "nohup", "setsid", "stdbuf", "timeout", "script", "chpst"}
_OTHER_USERS: Final = {"sudo", "su", "doas", "runuser", "setpriv", "s6-setuidgid", "setuidgid", "gosu", "su-exec"}
_SESSIONS: Final = {"sshd", "sshd-session", "login", "screen", "tmux"}
_INITS: Final = {"tini", "dumb-init", "docker-init", "catatonit"}
WAITERS: Final = frozenset(_LAUNCHERS | _WRAPPERS | _OTHER_USERS | _SESSIONS | _INITS)
"""Programs that wait for what they started, and start nothing again."""

_AGAIN: Final = re.compile(r"\b(while|until|for)\b|\$0|\$\{0\}|BASH_SOURCE")
_CREDENTIALS: Final = re.compile(r"://[^\s/@]+@")
_ASSIGNED: Final = re.compile(r"([A-Za-z_][\w-]*)=(\"[^\"]*\"|'[^']*'|\S+)")
_SECRET_OPTION: Final = re.compile(r"(?i)^--?[\w-]*(pass|secret|token|key|auth|cred)[\w-]*$")


def program(argv: Sequence[str]) -> str:
    """Name the program of a process: of an interpreter's, the script; of one that renamed itself, its first word."""
    if not argv or not argv[0].strip():
        return ""
    if len(argv) == 1 and " " in argv[0]:  # npm, tmux and others write a title over their words
        argv = argv[0].split()
    name = _base(argv[0])
    if name.startswith("python"):
        name = "python"
    if name not in INTERPRETERS:
        return name
    script = next((word for word in argv[1:] if not word.startswith("-")), "")
    owner = next((known for known in KNOWN if f"/{known}/" in script), None)
    return owner or _base(script) or name


def known(argv: Sequence[str]) -> Respawner | None:
    """Find what is known of a program that starts again what ended."""
    return KNOWN.get(program(argv))


def shell_script(argv: Sequence[str]) -> tuple[str | None, str | None] | None:
    """Find what a shell runs: (the words after -c, the script's path), both None where it reads what is typed.

    None where the process is no shell.
    """
    words = list(argv)
    if words and _base(words[0]) == "busybox":
        words = words[1:]
    if not words or _base(words[0]) not in SHELLS:
        return None
    for place, word in enumerate(words[1:], 1):
        if word.startswith("-") and "c" in word and not word.startswith("--"):
            return " ".join(words[place + 1 : place + 2]), None
        if not word.startswith(("-", "+")):
            return None, word
    return None, None


def waits(argv: Sequence[str]) -> bool:
    """Return whether a program only waits for what it started, and ends with it."""
    return program(argv) in WAITERS


def runs_once(text: str) -> bool:
    """Return whether a shell's script has nothing in it that would do something again."""
    return not _AGAIN.search(text)


def shown(argv: Sequence[str]) -> str:
    """Write a stranger's command for people, without what may be secret in it."""
    words: list[str] = []
    hide = False
    for word in argv:
        words.append(REDACTED if hide else _without_secrets(word))
        hide = bool(_SECRET_OPTION.match(word))
    text = " ".join(words).strip()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _without_secrets(word: str) -> str:
    word = _CREDENTIALS.sub(f"://{REDACTED}@", word)
    return _ASSIGNED.sub(rf"\1={REDACTED}", word)


def _base(word: str) -> str:
    # A login shell has a dash before its name; some programs have a colon after it (`tmux: server`, `sshd: user`).
    name = word.rpartition("/")[2].removeprefix("-").removesuffix(":")
    return re.sub(r"\.(js|cjs|mjs|py|rb|pl)$", "", name)
