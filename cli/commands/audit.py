"""The audit trail: export it, check an export without a database, get an upgrade's evidence, rotate the log's keys."""

import contextlib
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import BinaryIO

import click

from astrolabe.cli import options
from astrolabe.cli.client import Client, path
from astrolabe.cli.evidence import verify_evidence
from astrolabe.cli.failure import CommandError, CommandFailed
from astrolabe.cli.printing import answer, answer_list
from astrolabe.cli.references import upgrade_id
from astrolabe.cli.servers.folder import KEYS, default_path
from astrolabe.cli.verifying import PublishedTiles, moment, verify_export
from astrolabe.domain.audit.checkpoint import open_checkpoint
from astrolabe.domain.audit.note import NoteError, PublicKey, parse_public_key
from astrolabe.domain.audit.verification import VerificationFailed, VerifiedExport
from astrolabe.workers.relay.signing_keys import KeyProblem, SigningKeys

ZIP = b"PK\x03\x04"
FORMATS = ("jsonl", "csv", "ocsf")

output = click.option(
    "-o", "--file", "output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file to write."
)


@click.group()
def audit() -> None:
    """Export the audit trail, and check it."""


@audit.command("export")
@output
@click.option("--format", "form", default="jsonl", show_default=True, type=click.Choice(FORMATS))
def export_trail(output: Path, form: str) -> None:
    """Write the whole trail up to the last checkpoint to a file; only jsonl can be verified."""
    Client.from_environment().download("/audit/export", output, format=form)
    answer({"file": str(output)}, f"Wrote {output}")


@audit.command()
@click.argument("upgrade")
@output
def evidence(upgrade: str, output: Path) -> None:
    """Write one archive with an upgrade's events, proofs, plan and hashes."""
    client = Client.from_environment()
    client.download(path("upgrades", upgrade_id(client, upgrade), "evidence"), output)
    answer({"file": str(output)}, f"Wrote {output}")


@audit.command()
def checkpoint() -> None:
    """Print the last signed checkpoint, to be kept somewhere else."""
    text = Client.from_environment().text("/audit/checkpoint")
    answer({"checkpoint": text}, text.removesuffix("\n"))


@audit.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--key", "keys", multiple=True, required=True, help="A public key, or a file of them; may be repeated.")
@click.option(
    "--since",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A checkpoint that you kept: what it stood over must be unchanged.",
)
@click.option(
    "--tiles",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A copy of the published folder that you kept: names the very event that was changed.",
)
def verify(file: Path, keys: tuple[str, ...], since: Path | None, tiles: Path | None) -> None:
    """Check an export or an evidence archive with nothing but the file and the log's public key.

    Exit code 0: it holds. 1: it does not, and the first position that does not is named. 2: it cannot be checked.
    """
    known = [key for each in keys for key in _keys(each)]
    try:
        old = open_checkpoint(since.read_text("utf-8"), known).checkpoint if since else None
    except (NoteError, UnicodeDecodeError) as error:
        raise CommandError(f"{since}: {error}") from None
    try:
        with file.open("rb") as stream:
            if stream.peek(len(ZIP)).startswith(ZIP):
                if old:
                    raise CommandError(
                        "An archive proves its own checkpoint; check an export against the one that you kept."
                    )
                found = verify_evidence(file, known)
                answer({"holds": True, "says": found}, found)
                return
            published = PublishedTiles(tiles) if tiles else None
            with progress(file.stat().st_size, stream) as report:
                export = verify_export(stream, known, old, published, report)
    except OSError as error:
        raise CommandError(f"{file}: cannot be read: {error.strerror}") from None
    except VerificationFailed as broken:
        raise CommandFailed(_failure(broken)) from None
    answer({"holds": True, "says": _sentence(export), "events": export.proven.checkpoint.size}, _sentence(export))


def _failure(broken: VerificationFailed) -> str:
    where = str(broken.position) if broken.last <= broken.position else f"{broken.position} to {broken.last}"
    return f"DOES NOT HOLD at position {where}: {broken.why}"


def _sentence(found: VerifiedExport) -> str:
    checkpoint = found.proven.checkpoint
    return (
        f"HOLDS: {checkpoint.size:,} events of {found.streams:,} streams, the whole of {checkpoint.origin} up to its "
        f"checkpoint{moment(found.proven)}; {found.checkpoints:,} signed checkpoints checked."
    )


def _keys(text: str) -> list[PublicKey]:
    try:
        lines = Path(text).read_text("utf-8").split() if "+" not in text else [text]
        return [parse_public_key(line) for line in lines]
    except NoteError as error:
        raise CommandError(f"--key: {error}") from None
    except (OSError, UnicodeDecodeError):
        raise CommandError(f"--key: {text} is neither a public key nor a file of them.") from None


@contextlib.contextmanager
def progress(length: int, stream: BinaryIO) -> Generator[Callable[[], None]]:
    """Show how far a long file is, where a person looks on."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    with click.progressbar(length=length, label="Checking", file=sys.stderr) as bar:
        yield lambda: bar.update(stream.tell() - bar.pos)


@audit.group(invoke_without_command=True)
@options.data
@click.pass_context
def key(context: click.Context, data: Path | None) -> None:
    """Print the public keys that checkpoints are checked with; hand them to auditors."""
    keys = SigningKeys((data or default_path()).absolute() / KEYS)
    context.obj = keys
    if context.invoked_subcommand is None:
        with _explained():
            signing = keys.signing()
            answer_list(
                [{"key": each.text, "signs": each.hash in signing} for each in keys.public()],
                lambda found: "\n".join(f"{each['key']}{'' if each['signs'] else '  (retired)'}" for each in found),
            )


@key.command()
@click.pass_obj
def rotate(keys: SigningKeys) -> None:
    """Add a key; old and new sign together until the old one is retired."""
    with _explained():
        made = keys.rotate().text
        answer({"key": made, "signs": True}, made)


@key.command()
@click.argument("key_hash")
@click.pass_obj
def retire(keys: SigningKeys, key_hash: str) -> None:
    """Retire the key with this hash: it signs no more, and its signatures stay good."""
    with _explained():
        keys.retire(key_hash)
        answer({"hash": key_hash, "signs": False}, "Retired.")


@contextlib.contextmanager
def _explained() -> Generator[None]:
    try:
        yield
    except (KeyProblem, NoteError) as error:
        raise CommandError(str(error)) from None


COMMANDS = (audit,)
