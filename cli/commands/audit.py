"""The audit trail: export it, check an export without a database, get an upgrade's evidence, rotate the log's keys."""

import contextlib
import sys
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import BinaryIO

import click

from astrolabe.cli import options
from astrolabe.cli.client import Client, path
from astrolabe.cli.evidence import verify_evidence, verify_proof
from astrolabe.cli.failure import CommandError, CommandFailed
from astrolabe.cli.policy_file import read_policy
from astrolabe.cli.printing import answer, answer_list
from astrolabe.cli.public_keys import public_keys
from astrolabe.cli.references import upgrade_id
from astrolabe.cli.servers.folder import KEYS, default_path
from astrolabe.cli.table import moment as moment_of
from astrolabe.cli.table import table
from astrolabe.cli.verifying import PublishedTiles, moment, witnessed
from astrolabe.cli.verifying_on_all_cores import verify_on_all_cores
from astrolabe.domain.audit.checkpoint import open_checkpoint
from astrolabe.domain.audit.leaves import nothing_published
from astrolabe.domain.audit.note import NoteError, PublicKey, parse_note
from astrolabe.domain.audit.tlog_proof import FIRST_LINE
from astrolabe.domain.audit.verification import KeptCheckpoint, VerifiedExport
from astrolabe.domain.audit.verification_failed import VerificationFailed
from astrolabe.domain.audit.witness_policy import NO_WITNESSES, WitnessPolicy
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
@click.argument("position", type=click.IntRange(0))
@output
def proof(position: int, output: Path) -> None:
    """Write one event with the proof that it is in the log, a file that stands for itself (C2SP tlog-proof)."""
    Client.from_environment().download(path("audit", "proofs", "tlog-proof", str(position)), output)
    answer({"file": str(output)}, f"Wrote {output}")


@audit.command()
def witnesses() -> None:
    """List who cosigned the last checkpoint, and who does not cosign, and why."""
    answer_list(
        Client.from_environment().get("/audit/witnesses")["items"],
        lambda found: table(
            ("WITNESS", "COSIGNED", "FAILS", "DETAILS"),
            [
                (each["witness"], moment_of(each["cosigned_at"] or ""), each["why"] or "", each["details"] or "")
                for each in found
            ],
        ),
    )


@audit.command()
def checkpoint() -> None:
    """Print the last signed checkpoint, to be kept somewhere else."""
    text = Client.from_environment().text("/audit/checkpoint")
    answer({"checkpoint": text}, text.removesuffix("\n"))


@audit.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--key", "keys", multiple=True, help="A public key, or a file of them; may be repeated.")
@click.option(
    "--since",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A checkpoint that you, or a witness, kept: what it stood over must be unchanged; may be repeated.",
)
@click.option(
    "--witnesses",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Which witnesses must have cosigned it, a file (C2SP tlog-policy).",
)
@click.option(
    "--tiles",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A copy of the published folder that you kept: names the very event that was changed.",
)
def verify(
    file: Path, keys: tuple[str, ...], since: tuple[Path, ...], witnesses: Path | None, tiles: Path | None
) -> None:
    """Check an export, an evidence archive or a proof with nothing but the file and the log's public key.

    Exit code 0: it holds. 1: it does not, and the first position that does not is named. 2: it cannot be checked.
    """
    policy = read_policy(witnesses) if witnesses else NO_WITNESSES
    known = [*policy.logs, *(key for each in keys for key in public_keys("--key", each))]
    if not known:
        raise CommandError("Give --key: without a key that you hold anybody may have signed it.")
    kept = [_kept(each, known, policy) for each in since]
    try:
        with file.open("rb") as stream:
            beginning = stream.peek(len(FIRST_LINE))
            if beginning.startswith((ZIP, FIRST_LINE.encode())):
                if kept:
                    raise CommandError("It proves its own checkpoint; check an export against those that you kept.")
                check = verify_evidence if beginning.startswith(ZIP) else verify_proof
                found = check(file, known, policy)
                answer({"holds": True, "says": found}, found)
                return
            published = PublishedTiles(tiles) if tiles else nothing_published
            with progress(file.stat().st_size, stream) as report:
                export = verify_on_all_cores(stream, file, known, published, report, kept=kept, policy=policy)
    except OSError as error:
        raise CommandError(f"{file}: cannot be read: {error.strerror}") from None
    except VerificationFailed as broken:
        raise CommandFailed(_failure(broken)) from None
    says = f"{_sentence(export)}{witnessed(policy, export.seen)}"
    answer({"holds": True, "says": says, "events": export.proven.checkpoint.size, "cosigned": dict(export.seen)}, says)


def _kept(file: Path, keys: Sequence[PublicKey], policy: WitnessPolicy) -> KeptCheckpoint:
    try:
        text = file.read_text("utf-8")
        return KeptCheckpoint(open_checkpoint(text, keys).checkpoint, policy.seen_by(parse_note(text)))
    except (NoteError, UnicodeDecodeError) as error:
        raise CommandError(f"{file}: {error}") from None


def _failure(broken: VerificationFailed) -> str:
    where = str(broken.position) if broken.last <= broken.position else f"{broken.position} to {broken.last}"
    return f"DOES NOT HOLD at position {where}: {broken.why}"


def _sentence(found: VerifiedExport) -> str:
    checkpoint = found.proven.checkpoint
    return (
        f"HOLDS: {checkpoint.size:,} events of {found.streams:,} streams, the whole of {checkpoint.origin} up to its "
        f"checkpoint{moment(found.proven)}; {found.checkpoints:,} signed checkpoints checked."
    )


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
