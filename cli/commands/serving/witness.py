"""`astrolabe witness`."""

import logging
from collections import defaultdict
from pathlib import Path

import click

from astrolabe.api.server import run
from astrolabe.api.witness.app import witness_app
from astrolabe.api.witness.witness import Witness
from astrolabe.cli import options
from astrolabe.cli.public_keys import public_keys
from astrolabe.cli.servers.folder import default_path
from astrolabe.domain.audit.note import PublicKey
from astrolabe.store.audit.witness_key import ensure_key
from astrolabe.store.audit.witnessed import Witnessed
from astrolabe.workers.programs.umask import close_to_others

FOLDER = "witness"
DEFAULT_BIND = "127.0.0.1:8410"
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

LOG = logging.getLogger("astrolabe.witness")


@click.command()
@options.data
@click.option("--bind", default=DEFAULT_BIND, show_default=True, help="The address that the witness listens on.")
@click.option("--name", help="The witness's name, given at its first start.")
@click.option(
    "--log",
    "logs",
    multiple=True,
    required=True,
    help="The public key of a log that is witnessed, or a file of keys; may be repeated.",
)
def witness(data: Path | None, bind: str, name: str | None, logs: tuple[str, ...]) -> None:
    """Cosign the checkpoints of other logs, each only where it follows from the one before; needs no database."""
    close_to_others()
    known: dict[str, list[PublicKey]] = defaultdict(list)
    for key in (key for each in logs for key in public_keys("--log", each)):
        known[key.name].append(key)
    host, port = options.address(bind)
    folder = (data or default_path()).absolute() / FOLDER
    logging.basicConfig(level=logging.INFO, format=FORMAT)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    with Witnessed(folder) as witnessed:
        key = ensure_key(folder, name)
        LOG.info("cosigns as %s", key.public.cosigner_text)
        run(witness_app(Witness(key, known, witnessed)), host, port)


COMMANDS = (witness,)
