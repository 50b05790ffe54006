"""A witness's own key: made at its first start, and never again."""

import secrets
from pathlib import Path

from astrolabe.domain.audit.note import NoteError, PrivateKey, is_name, parse_private_key
from astrolabe.store.errors import StoreError
from astrolabe.store.whole_file import write

PRIVATE, PUBLIC = "witness.key", "witness.pub"
FIRST_NAME = "astrolabe-witness"


def ensure_key(folder: Path, name: str | None = None) -> PrivateKey:
    """Return the key in a folder, made where there has never been one.

    Raises StoreError where it cannot be used, has another name than is asked for, or was there and is not any more.
    """
    private, public = folder / PRIVATE, folder / PUBLIC
    try:
        if not private.exists() and not public.exists():
            _make(private, public, name or f"{FIRST_NAME}-{secrets.token_hex(8)}")
        key = parse_private_key(private.read_text("utf-8"))
    except OSError as error:
        raise StoreError(f"{private}: the witness's key cannot be used: {error.strerror}.") from None
    except (NoteError, UnicodeDecodeError) as error:
        raise StoreError(f"{private}: {error}; restore the file.") from None
    if name and key.name != name:
        raise StoreError(f"{private} is the key of {key.name}; one witness has one name.")
    return key


def _make(private: Path, public: Path, name: str) -> None:
    if not is_name(name):
        raise StoreError(f"{name!r} cannot be a witness's name: no spaces, no +.")
    key = PrivateKey(name, secrets.token_bytes(32))
    write(private, f"{key.text}\n".encode(), lasting=True, private=True)
    write(public, f"{key.public.cosigner_text}\n".encode(), lasting=True)
