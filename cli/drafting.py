"""Drafting a product from what runs: its package, how it was started, and where it says how it is."""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import httpx
import msgspec
import psutil
from msgspec import Struct

from astrolabe.cli.failure import CommandError
from astrolabe.domain.instances.secret_names import looks_secret
from astrolabe.domain.instances.surroundings import without_surroundings
from astrolabe.domain.products.product import HealthCheck, Npm, StartCommand, VersionProbe
from astrolabe.workers.instance import process
from astrolabe.workers.instance.process import GatewayProcess

ASK_SECONDS: Final = 3.0
HEALTH_PATHS: Final = ("/health", "/healthz", "/api/health", "/parse/health", "/server/health", "/api/v1/health")
VERSION_PATHS: Final = (
    "/version",
    "/api/version",
    "/about",
    "/docs/openapi.json",
    "/openapi.json",
    "/schema/openapi.json",
)
WELL: Final = ("status", "health")
"""Fields of an answer that say that all is well."""

_CONNECTION: Final = re.compile(r"postgres(ql)?://\S+")
_PART: Final = re.compile(
    r"(?:.*_)?(?:DB|DATABASE|POSTGRES\w*?|PG)_?(HOST|PORT|NAME|DATABASE|DB|USER|USERNAME|PASSWORD|PASS)"
)
"""Variables that name a part of where a database is."""
_PARTS: Final = {"DATABASE": "name", "DB": "name", "USERNAME": "user", "PASS": "password"}
_SETTING: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_INSIDE: Final = re.compile(r"(?P<folder>.*/node_modules/(?P<package>(@[^/]+/)?[^/]+))/(?P<entry>.+)")


class Draft(Struct, frozen=True):
    """What a process shows of its product, and what it does not show."""

    npm: Npm
    start: StartCommand
    health: HealthCheck | None
    version: VersionProbe | None
    remarks: tuple[str, ...]


def draft_from(port: int) -> Draft:
    """Describe the product whose gateway listens on a port of this host; raises CommandError where it is none."""
    running = process.listener(port)
    if running is None:
        raise CommandError(f"Nothing listens on port {port} of this host.")
    words = list(running.argv)
    for nth, word in enumerate(words):
        if inside := _INSIDE.fullmatch(str(Path(running.folder, word).resolve())):
            manifest = _manifest(Path(inside["folder"]))
            start, remarks = _start(running, port, words[nth + 1 :])
            health, version = _asked(port, str(manifest.get("version", "")))
            npm = _package(inside["package"], inside["entry"], manifest)
            return Draft(npm, start, health, version, (*remarks, *_unsaid(start, health, version)))
    raise CommandError(f"What listens on port {port} was not started from a package in node_modules; name --package.")


def _manifest(folder: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((folder / "package.json").read_bytes(), type=dict[str, Any])
    return {}


def _package(package: str, entry: str, manifest: Mapping[str, Any]) -> Npm:
    repository: object = manifest.get("repository") or ""
    url = str(cast("dict[str, Any]", repository).get("url", "")) if isinstance(repository, dict) else str(repository)
    at = re.search(r"([\w.-]+/[\w.-]+?)(\.git)?$", url)
    bins: object = manifest.get("bin") or {}
    commands = cast("dict[str, str]", bins) if isinstance(bins, dict) else {package.rpartition("/")[2]: str(bins)}
    name = next((name for name, path in commands.items() if path.removeprefix("./") == entry), None)
    return Npm(package, bin=name, entry=None if name else entry, repository=at[1] if at else None)


def _start(running: GatewayProcess, port: int, words: list[str]) -> tuple[StartCommand, list[str]]:
    listens = {*process.addresses(running, port), "0.0.0.0", "localhost"}  # noqa: S104  it is what was typed, not bound
    args, remarks = _arguments(words, port, listens)
    env: dict[str, str] = {}
    with contextlib.suppress(psutil.Error):
        variables = psutil.Process(running.pid).environ()
        for name in without_surroundings(variables):
            filled = _filled(variables[name], port, listens)
            if filled != _literal(variables[name]) and _SETTING.fullmatch(name):
                env[name] = filled
        if "{database_url}" not in {*args, *env.values()}:
            env |= dict(_parts(variables))
        remarks += _left_out(name for name in without_surroundings(variables) if name not in env)
    return StartCommand(args, env), remarks


def _left_out(names: Iterable[str]) -> Iterator[str]:
    """Name the variables that may be settings, never their values: what an instance is given must be listed there."""
    if left := [name for name in names if _SETTING.fullmatch(name)]:
        listed = ", ".join(f'"{name}"' for name in left)
        yield f"what an instance is to be given of its other variables must be listed: settings = [{listed}]"


def _parts(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Fill in the variables of a product that takes its database part by part."""
    for name in sorted(variables):
        if (part := _PART.fullmatch(name)) and _SETTING.fullmatch(name):
            yield name, f"{{database_{_PARTS.get(part[1], part[1].lower())}}}"


def _arguments(words: list[str], port: int, listens: set[str]) -> tuple[tuple[str, ...], list[str]]:
    args: list[str] = []
    remarks: list[str] = []
    secret = False
    for word in words:
        option, equals, value = word.partition("=") if word.startswith("-") else ("", "", word)
        hides = secret or bool(equals and looks_secret(option))
        secret = word.startswith("-") and not equals and looks_secret(word)
        if hides or secret:
            remarks += [f"{option or word} was left out, for it may be a secret"] if option or secret else []
        else:
            args.append(f"{option}{equals}{_filled(value, port, listens)}")
    return tuple(args), remarks


def _filled(value: str, port: int, listens: set[str]) -> str:
    """Put placeholders where a value is what they stand for."""
    if _CONNECTION.fullmatch(value):
        return "{database_url}"
    if value == str(port):
        return "{port}"
    return "{address}" if value in listens else _literal(value)


def _literal(value: str) -> str:
    return value.replace("{", "{{").replace("}", "}}")


def _asked(port: int, runs: str) -> tuple[HealthCheck | None, VersionProbe | None]:
    health: HealthCheck | None = None
    version: VersionProbe | None = None
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=ASK_SECONDS, trust_env=False) as client:
        for path in (*HEALTH_PATHS, *VERSION_PATHS):
            said = dict(_answer(client, path))
            well = {name: said[name] for name in WELL if name in said}
            if path in HEALTH_PATHS and well and health is None:
                health = HealthCheck(path, well)
            fields = [name for name, value in said.items() if runs and value == runs]
            version = version or (VersionProbe(path, fields[0]) if fields else None)
    return health, version


def _answer(client: httpx.Client, path: str) -> Iterator[tuple[str, str]]:
    with contextlib.suppress(httpx.HTTPError, msgspec.DecodeError):
        said = client.get(path)
        if said.is_success:
            yield from _texts(msgspec.json.decode(said.content), "")


def _texts(value: object, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict):
        for name, each in cast("dict[str, object]", value).items():
            yield from _texts(each, f"{at}.{name}".lstrip("."))


def _unsaid(start: StartCommand, health: HealthCheck | None, version: VersionProbe | None) -> Iterator[str]:
    text = " ".join((*start.args, *start.env.values()))
    for placeholder, said in (("{port}", "{port}" in text), ("{database_url}", "{database_" in text)):
        if not said:
            yield f"nothing that it was started with is its {placeholder}; say where it goes with --arg or --env"
    if health is None:
        yield "no usual path says that it is well; name one with --health"
    if version is None:
        yield "no usual path says its version; name one with --version-at, so that an upgrade can prove it"
