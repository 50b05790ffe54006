"""Options that several commands share."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import httpx

from astrolabe.cli.failure import CommandError
from astrolabe.cli.servers.folder import VARIABLE
from astrolabe.store.settings import DEFAULTS, Settings, variable

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_PORT = 8400
DEFAULT_BIND = f"127.0.0.1:{DEFAULT_PORT}"


def _from(setting: str) -> Callable[[], Any]:
    """Let an option that is not given take its value from a setting."""
    return lambda: getattr(Settings.read(), setting)


def required(option: str, setting: str) -> Callable[[], Any]:
    """Let an option that is not given take its value from a setting, which must be there."""

    def given() -> Any:
        if found := getattr(Settings.read(), setting):
            return found
        raise CommandError(f"Give {option}, or set {variable(setting)}.")

    return given


redis_url = click.option(
    "--redis-url", default=required("--redis-url", "redis_url"), help="Redis or Valkey (REDIS_URL)."
)
products = click.option(
    "--products",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of product files; ASTROLABE_PRODUCTS may name several.",
)
bind = click.option("--bind", default=DEFAULT_BIND, show_default=True, help="The address that the API listens on.")
public_url = click.option(
    "--public-url",
    default=_from("public_url"),
    help="Where people reach the page, for the links that they are sent (ASTROLABE_PUBLIC_URL).",
)
data = click.option(
    "--data",
    default=_from("data"),
    type=click.Path(path_type=Path, file_okay=False),
    help=f"The data folder ({VARIABLE}).",
)
_tlog = click.option(
    "--tlog",
    default=_from("tlog"),
    type=click.Path(path_type=Path, file_okay=False),
    help="Where checkpoints and tiles are written to (ASTROLABE_TLOG; tlog in the data folder).",
)
_tlog_open = click.option(
    "--tlog-open",
    default=_from("tlog_open"),
    type=click.Choice(["hashes", "entries"]),
    help="What of it other users of this host may read; without it, nothing (ASTROLABE_TLOG_OPEN).",
)
_origin = click.option(
    "--origin", default=_from("origin"), help="The log's name, given at its first start (ASTROLABE_ORIGIN)."
)
_seconds = click.option(
    "--checkpoint-seconds",
    "seconds",
    default=_from("checkpoint_seconds"),
    show_default=f"{DEFAULTS.checkpoint_seconds:g}",
    type=click.FloatRange(1),
    help="How old a checkpoint may become where nothing happens (ASTROLABE_CHECKPOINT_SECONDS).",
)


def web_address(text: str) -> str:
    """Read an address that is posted to."""
    with contextlib.suppress(httpx.InvalidURL):
        url = httpx.URL(text)
        if url.scheme in {"http", "https"} and url.host:
            return text
    raise CommandError("A --checkpoint-url is an address such as https://auditor.example/checkpoints.")


def _web_addresses(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(web_address, given))


_urls = click.option(
    "--checkpoint-url",
    "urls",
    default=_from("checkpoint_urls"),
    multiple=True,
    callback=_web_addresses,
    help="Where each checkpoint is posted to; may be repeated (ASTROLABE_CHECKPOINT_URLS, apart by spaces).",
)


_witnesses = click.option(
    "--witnesses",
    default=_from("witnesses"),
    type=click.Path(path_type=Path, dir_okay=False),
    help="Which witnesses must cosign each checkpoint, a file (ASTROLABE_WITNESSES; C2SP tlog-policy).",
)


def notarial(command: F) -> F:
    """Add the options of whoever signs checkpoints."""
    return _tlog(_tlog_open(_origin(_urls(_seconds(_witnesses(command))))))


def product_folders(given: tuple[Path, ...]) -> list[Path]:
    """Return the folders of the user's own product files, from the environment and from options."""
    return [*Settings.read().products, *given]


def address(text: str) -> tuple[str, int]:
    """Read HOST:PORT."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise CommandError(f"{text} is no address; write HOST:PORT, for example {DEFAULT_BIND}.")
    return host.strip("[]"), int(port)


def base_url(bind: str) -> str:
    """Return the address that a client on this machine reaches a bound API by."""
    host, port = address(bind)
    host = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104  it is what was bound, not what we bind
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
