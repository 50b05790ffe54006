"""The page of settings: `python -m tests.store.settings_page` writes docs/settings.md."""

import re
from pathlib import Path

from astrolabe.store.settings import VARIABLES, Variable
from astrolabe.workers.programs.environment import INHERITED

PROJECT = Path(__file__).parents[2]
PAGE = PROJECT / "docs" / "settings.md"

INTRODUCTION = """\
# Settings

Written from the code by `python -m tests.store.settings_page`; a test compares the two.

Environment variables set Astrolabe's processes up, and so do options, which take precedence;
`astrolabe COMMAND --help` lists those. An empty variable counts as not set.

The one file of settings is the client's: `astrolabe login` keeps where an Astrolabe is, and the token, in
`contexts.json` in `astrolabe` below `XDG_CONFIG_HOME`, for its owner alone to read; one that is open to others is
refused. Where `ASTROLABE_URL` or `ASTROLABE_TOKEN` is set, that file is not used.

| variable | read by | means | default |
|---|---|---|---|
"""

SECRETS = """
## Secrets of instances

An instance names the place of a secret, never the secret. The worker on its host reads it when it is needed.

| name | place |
|---|---|
| `env:ASTROLABE_SECRET_…` | a variable of the worker; variables of other names are refused |
| `file:/…` | a file in `/run/secrets`, in `secrets` in the data folder, or in a folder given with `--secrets` |

A file there in a folder that has an instance's name, such as `/run/secrets/flags/password`, is that instance's, for a
database on the worker's own host. Everything else the owner of the host grants, in `ASTROLABE_GRANTS`
([decision 0032](decisions/0032-secrets-belong-to-an-instance.md)):

| grant | lets |
|---|---|
| `flags=env:ASTROLABE_SECRET_FLAGS_DB` | the instance `flags` use a variable, on this host |
| `flags=file:/run/secrets/flags/*@db.internal:5432` | its own files go to a database elsewhere; without a port, any |
| `flags-*=file:/run/secrets/shared` | all instances so named use one file: trust whoever may register here |

Both are by the instance's name: where an instance is renamed, rename its folder, write its grants anew, and name the
new places with `astrolabe reconfigure`; until then its upgrades are refused. A folder that is left behind is of
whoever has that name next.

`*` and `?` are globs, and `*` also stands for `/`. To a database elsewhere a password is proven (SCRAM), never given: a
server that asks for it in clear or as an MD5 is refused as `authentication-weak`, within TLS as well.

## Where a worker asks

For health and version, at an engine, and at a database without a password: at this host's own addresses, and in the
networks of `ASTROLABE_WORKER_ALLOW`, such as `10.1.2.0/24 fd12::/64`. Elsewhere it connects to nothing, and the step
fails as `address-forbidden` ([decision 0037](decisions/0037-asked-only-where-the-owner-lets.md)).
"""

COMPOSE = """
## docker-compose.yml

The compose file takes these from the environment, or from a file `.env` beside it.

| variable | means |
|---|---|
"""

PLACES = {
    "ASTROLABE_APPRISE": "the folder of this host that holds URLs of contacts, `/run/secrets` for the relay",
    "ASTROLABE_BIND": "the address of this host that PostgreSQL and Valkey are published on, for workers elsewhere",
    "ASTROLABE_DB_AT": "where a worker on another host reaches PostgreSQL",
    "ASTROLABE_DB_PASSWORD": "the password of the log's PostgreSQL; required",
    "ASTROLABE_ENGINE": "the socket of the container engine that the worker acts on",
    "ASTROLABE_HOST": "the name of the worker's host, which instances name",
    "ASTROLABE_PRODUCTS": "the folder of this host that holds product files",
    "ASTROLABE_PROJECTS": "the folder of this host below which compose projects lie",
    "ASTROLABE_GRANTS": "as above",
    "ASTROLABE_PUBLIC_URL": "as above",
    "ASTROLABE_REDIS_AT": "where a worker on another host reaches Valkey",
    "ASTROLABE_REDIS_PASSWORD": "the password of Valkey; required",
    "ASTROLABE_SECRETS": "the folder of this host that holds secrets of instances, `/run/secrets` for the worker",
    "ASTROLABE_TLOG_OPEN": "as above",
    "ASTROLABE_WEBHOOK_ALLOW": "as above",
    "ASTROLABE_WORKER_ALLOW": "as above",
    "DOCKER_GID": "the group that may use the engine's socket",
}

STARTED = """
## What started commands inherit

A command that Astrolabe starts (npm, Docker, PostgreSQL's programs, the product itself) gets these variables of the
worker, `LC_*`, and what its product file and its instance add; nothing else:

"""


def page() -> str:
    """Write the whole page."""
    rows = "".join(f"| `{each.name}` | {each.processes} | {each.means} | {_default(each)} |\n" for each in VARIABLES)
    places = "".join(f"| `{name}` | {PLACES[name]} |\n" for name in sorted(places_of_compose()))
    inherited = ", ".join(f"`{name}`" for name in sorted(INHERITED, key=lambda name: (name.upper(), name)))
    return f"{INTRODUCTION}{rows}{SECRETS}{COMPOSE}{places}{STARTED}{inherited}.\n"


def places_of_compose() -> set[str]:
    """Return the variables that docker-compose.yml takes from outside."""
    return set(re.findall(r"\$\{([A-Z_]+)[:}]", (PROJECT / "docker-compose.yml").read_text()))


def _default(variable: Variable) -> str:
    match variable.default:
        case None | "" | ():
            return ""
        case float(number):
            return f"{number:g}"
        case other:
            return f"`{other}`"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
