"""Public keys as a person names them: a key, or a file of keys."""

from collections.abc import Callable
from pathlib import Path

from astrolabe.cli.failure import CommandError
from astrolabe.domain.audit.note import NoteError, PublicKey, parse_public_key


def public_keys(option: str, text: str, parse: Callable[[str], PublicKey] = parse_public_key) -> list[PublicKey]:
    """Read what an option was given; raises CommandError."""
    try:
        lines = Path(text).read_text("utf-8").split() if "+" not in text else [text]
        return [parse(line) for line in lines]
    except NoteError as error:
        raise CommandError(f"{option}: {error}") from None
    except (OSError, UnicodeDecodeError):
        raise CommandError(f"{option}: {text} is neither a public key nor a file of them.") from None
