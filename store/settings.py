"""Settings: every environment variable that Astrolabe reads, with its type, its default and what it means."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, get_type_hints

import msgspec
from msgspec import Meta, Struct, field

from astrolabe.store.errors import StoreError

DEFAULT_URL: Final = "http://127.0.0.1:8400"
"""Where an API is that was started without further ado."""

WORDS: Final = " ,\t\n"
"""What separates the values of most variables that hold several."""

LONGEST_TIMEOUT: Final = 60
"""Seconds that an attempt at a delivery may last at most, whatever the operator says."""


class SettingsError(StoreError):
    """A variable does not hold what it must; the message names it and says what it means."""


def _of(processes: str, means: str, *, separator: str | None = None) -> Meta:
    """Say which processes read a variable, what it means, and what separates its values if it holds several."""
    return Meta(description=means, extra={"of": processes, "separator": separator})


class Settings(Struct, frozen=True, kw_only=True):
    """What the environment says. Whoever starts a process reads it once and hands on what is needed."""

    # Every command that asks the API.
    url: Annotated[
        str | None,
        _of("client", f"where the API is reached; without it and a token, what `login` kept, then `{DEFAULT_URL}`"),
    ] = field(name="ASTROLABE_URL", default=None)
    token: Annotated[
        str,
        _of("client", "the token that says who asks and what they may do; without it and a URL, what `login` kept"),
    ] = field(name="ASTROLABE_TOKEN", default="")
    context: Annotated[
        str | None, _of("client", "which of those that `login` kept is asked; without it, the one last chosen")
    ] = field(name="ASTROLABE_CONTEXT", default=None)
    config_home: Annotated[
        Path | None, _of("client", "where programs of this user keep their settings; without it, `~/.config`")
    ] = field(name="XDG_CONFIG_HOME", default=None)

    # The processes that make up Astrolabe.
    database_url: Annotated[
        str | None, _of("all processes", "the log's PostgreSQL; without it, `up` starts one of its own")
    ] = field(name="DATABASE_URL", default=None)
    redis_url: Annotated[
        str | None, _of("up, relay, worker", "Redis or Valkey; without it, `up` starts a Valkey of its own")
    ] = field(name="REDIS_URL", default=None)
    data: Annotated[
        Path | None,
        _of(
            "up, api, relay, worker",
            "the data folder; without it, `/var/lib/astrolabe` as root, else `astrolabe` below `XDG_DATA_HOME`",
        ),
    ] = field(name="ASTROLABE_DATA", default=None)
    data_home: Annotated[
        Path | None,
        _of("up, api, relay, worker", "where programs of this user keep their data; without it, `~/.local/share`"),
    ] = field(name="XDG_DATA_HOME", default=None)
    products: Annotated[
        tuple[Path, ...],
        _of(
            "up, api, relay, worker",
            f"folders with product files of your own, separated by `{os.pathsep}`",
            separator=os.pathsep,
        ),
    ] = field(name="ASTROLABE_PRODUCTS", default=())

    # Checkpoints of the log.
    tlog: Annotated[
        Path | None,
        _of("relay", "the folder that checkpoints and tiles are written to; without it, `tlog` in the data folder"),
    ] = field(name="ASTROLABE_TLOG", default=None)
    tlog_open: Annotated[
        Literal["hashes", "entries"] | None,
        _of(
            "relay",
            "what other users may read of that folder: `hashes` (all but entries) or `entries`; without it, nothing",
        ),
    ] = field(name="ASTROLABE_TLOG_OPEN", default=None)
    origin: Annotated[
        str | None, _of("relay", "the log's name in its checkpoints, which it keeps from its first start on")
    ] = field(name="ASTROLABE_ORIGIN", default=None)
    checkpoint_seconds: Annotated[
        float, Meta(ge=1), _of("relay", "how old a checkpoint may become while nothing happens")
    ] = field(name="ASTROLABE_CHECKPOINT_SECONDS", default=3600.0)
    checkpoint_urls: Annotated[
        tuple[str, ...],
        _of("relay", "addresses that each checkpoint is posted to, separated by spaces", separator=WORDS),
    ] = field(name="ASTROLABE_CHECKPOINT_URLS", default=())
    witnesses: Annotated[
        Path | None,
        _of("relay", "the file that says which witnesses must cosign each checkpoint (C2SP tlog-policy); see audit.md"),
    ] = field(name="ASTROLABE_WITNESSES", default=None)
    witness_allow: Annotated[
        tuple[str, ...],
        _of("relay", "private networks that witnesses may be asked in, such as `10.1.2.0/24`", separator=WORDS),
    ] = field(name="ASTROLABE_WITNESS_ALLOW", default=())

    # Notices to people.
    public_url: Annotated[
        str | None,
        _of("up, relay", "where people reach the page, for links; without it, the address that `up` binds to"),
    ] = field(name="ASTROLABE_PUBLIC_URL", default=None)

    # Webhooks.
    webhook_key: Annotated[
        Path | None,
        _of(
            "api, relay",
            "the file with the master key of webhook secrets; without it, `keys/webhooks` in the data folder",
        ),
    ] = field(name="ASTROLABE_WEBHOOK_KEY", default=None)
    webhook_allow: Annotated[
        tuple[str, ...],
        _of(
            "api, relay",
            "private networks that webhooks and notices may be sent to, such as `10.1.2.0/24 fd12::/64`",
            separator=WORDS,
        ),
    ] = field(name="ASTROLABE_WEBHOOK_ALLOW", default=())
    webhook_timeout_seconds: Annotated[
        float, Meta(gt=0, le=LONGEST_TIMEOUT), _of("relay", "the deadline of one attempt at a delivery")
    ] = field(name="ASTROLABE_WEBHOOK_TIMEOUT_SECONDS", default=20.0)
    webhook_disable_days: Annotated[
        float, Meta(gt=0, le=365), _of("relay", "after how many days of nothing but failures a webhook is disabled")
    ] = field(name="ASTROLABE_WEBHOOK_DISABLE_DAYS", default=5.0)

    # Workers.
    lease_seconds: Annotated[
        float, Meta(gt=0), _of("worker", "how long an instance stays with a worker that is no longer heard of")
    ] = field(name="ASTROLABE_LEASE_SECONDS", default=15.0)
    observe_seconds: Annotated[
        float, Meta(gt=0), _of("worker", "how often a worker looks at what runs while nothing is under way")
    ] = field(name="ASTROLABE_OBSERVE_SECONDS", default=60.0)
    worker_places: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        _of("worker", "how many preflights, backups and pulls each it does at once; without it, a place for each core"),
    ] = field(name="ASTROLABE_WORKER_PLACES", default=None)

    worker_allow: Annotated[
        tuple[str, ...],
        _of(
            "worker",
            "networks that instances, engines and feeds may be asked in besides this host's own addresses",
            separator=WORDS,
        ),
    ] = field(name="ASTROLABE_WORKER_ALLOW", default=())
    output_days: Annotated[
        float,
        Meta(ge=0, le=36_600),
        _of(
            "worker",
            "how long what a command says at length is kept beside the log: 13 months, so that an audit finds it",
        ),
    ] = field(name="ASTROLABE_OUTPUT_DAYS", default=396.0)
    grants: Annotated[
        tuple[str, ...],
        _of(
            "worker",
            "which instances may use which secrets of this host, and where, separated by spaces; see below",
            separator=WORDS,
        ),
    ] = field(name="ASTROLABE_GRANTS", default=())

    # The servers of `up`.
    servers_user: Annotated[
        str | None,
        _of(
            "up",
            "the user of its servers where it is root; without it, `astrolabe` if there is one, else an id of nobody's",
        ),
    ] = field(name="ASTROLABE_SERVERS_USER", default=None)

    # Where programs are.
    postgres_programs: Annotated[
        Path | None,
        _of("up, worker", "the folder of PostgreSQL's programs; without it, the wheel's, then the system's newest"),
    ] = field(name="ASTROLABE_PG_BIN", default=None)
    node_programs: Annotated[
        Path | None,
        _of(
            "worker",
            "the folder of node and npm, whatever a package asks for; without it, the wheel's, then the system's",
        ),
    ] = field(name="ASTROLABE_NODE_BIN", default=None)
    valkey_programs: Annotated[
        Path | None, _of("up", "the folder of valkey-server; without it, the wheel's, then the system's")
    ] = field(name="ASTROLABE_VALKEY_BIN", default=None)
    pm2_program: Annotated[
        Path | None, _of("worker", "pm2's program, where the PATH of its daemon does not have it")
    ] = field(name="ASTROLABE_PM2", default=None)

    # The demo, which is not installed.
    demo_data: Annotated[Path | None, _of("demo", "where the demo keeps everything")] = field(
        name="ASTROLABE_DEMO_DATA", default=None
    )

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:  # noqa: TID251  here
        """Read an environment, in which an empty variable counts as none; raises SettingsError."""
        given = {each.name: each.split(environment[each.name]) for each in VARIABLES if environment.get(each.name)}
        try:
            return msgspec.convert(given, cls, strict=False, dec_hook=_custom)
        except msgspec.ValidationError as error:
            raise _malformed(str(error), environment) from None


class Variable(Struct, frozen=True):
    """One variable as a reference page shows it."""

    name: str
    setting: str
    processes: str
    means: str
    default: Any
    separator: str | None

    def split(self, text: str) -> str | list[str]:
        """Return the values of a variable that holds several, or its text."""
        return re.split(f"[{re.escape(self.separator)}]+", text.strip(self.separator)) if self.separator else text


def _variables() -> Iterator[Variable]:
    hints = get_type_hints(Settings, include_extras=True)
    for each in msgspec.structs.fields(Settings):
        said = next(meta for meta in hints[each.name].__metadata__ if meta.extra)
        yield Variable(
            each.encode_name, each.name, said.extra["of"], said.description, each.default, said.extra["separator"]
        )


VARIABLES: Final = tuple(_variables())
DEFAULTS: Final = Settings()


def variable(setting: str) -> str:
    """Return the name of the variable that a setting is read from."""
    return next(each.name for each in VARIABLES if each.setting == setting)


def _custom(kind: type, text: str) -> object:
    return kind(text)


def _malformed(said: str, environment: Mapping[str, str]) -> SettingsError:
    """Put msgspec's message, which ends with where the value stood, into a sentence."""
    what, _, place = said.partition(" - at `$.")
    wrong = next(each for each in VARIABLES if re.match(rf"{each.name}\b", place))
    expected = what.partition(",")[0].replace("`float`", "a number").lower()
    return SettingsError(f"{wrong.name} is {environment[wrong.name]!r}; {expected}: {wrong.means}.")
