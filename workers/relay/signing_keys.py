"""The log's signing keys: files outside the database, made at the first start, and rotated."""

import secrets
from pathlib import Path

from astrolabe.domain.audit.note import NoteError, PrivateKey, PublicKey, is_name, parse_private_key, parse_public_key

PRIVATE, PUBLIC = ".key", ".pub"
FIRST_NAME = "astrolabe"


class KeyProblem(Exception):  # noqa: N818  the field's word
    """The keys cannot be used; the message says what to do."""


class SigningKeys:
    """The folder of keys: all private ones in it sign, all public ones are known for ever."""

    def __init__(self, folder: Path, origin: str | None = None) -> None:
        self.folder: Path = folder
        self._origin: str | None = origin

    def ensure(self) -> list[PrivateKey]:
        """Return the keys that sign, oldest first; the first one is made where there has never been any.

        Raises KeyProblem where the folder cannot be used, or holds what is no key of one log.
        """
        return self._read(make=True)

    def _read(self, *, make: bool) -> list[PrivateKey]:
        try:
            if make:
                self._make_folder()
            if not self.public():
                if not make:
                    raise KeyProblem(f"{self.folder}: no key was made yet; the relay makes the first when it starts.")
                self._add(self._origin or f"{FIRST_NAME}-{secrets.token_hex(8)}")
            keys = [parse_private_key(path.read_text("utf-8")) for path in self._files(PRIVATE)]
        except OSError as error:
            raise KeyProblem(f"{self.folder}: the log's keys cannot be used: {error.strerror}.") from None
        except (NoteError, UnicodeDecodeError) as error:
            raise KeyProblem(f"{self.folder}: {error}; restore the file, or move it away.") from None
        if not keys:
            raise KeyProblem(f"{self.folder}: only retired keys are left; run `astrolabe audit key rotate`.")
        if len({key.name for key in keys}) > 1:
            raise KeyProblem(f"{self.folder}: keys of several logs lie here; one log has one name.")
        return keys

    def public(self) -> list[PublicKey]:
        """Return every key that ever signed, oldest first."""
        return [parse_public_key(path.read_text("utf-8")) for path in self._files(PUBLIC)]

    def rotate(self) -> PublicKey:
        """Add a key; from the next checkpoint on, old and new ones sign together until the old are retired.

        Raises KeyProblem where there is none to take the place of.
        """
        return self._add(self._read(make=False)[-1].name)

    def retire(self, key_hash: str) -> None:
        """Let a key sign no more, for ever; its public half stays. Raises KeyProblem for the last, and for none."""
        found = [path for path in self._files(PRIVATE) if path.stem.endswith(f"-{key_hash}")]
        if not found:
            raise KeyProblem(f"No key that signs has the hash {key_hash}; `astrolabe audit key` lists them.")
        if len(self._files(PRIVATE)) == 1:
            raise KeyProblem("It is the only key that signs; run `astrolabe audit key rotate` first.")
        found[0].unlink()

    def signing(self) -> set[bytes]:
        """Return the hashes of the keys that sign; makes none, and raises KeyProblem where there is none."""
        return {key.public.hash for key in self._read(make=False)}

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        for path in self._files(PRIVATE):
            path.chmod(0o600)

    def _files(self, suffix: str) -> list[Path]:
        return sorted(self.folder.glob(f"*{suffix}"))

    def _add(self, name: str) -> PublicKey:
        if not is_name(name):
            raise KeyProblem(f"{name!r} cannot be a log's name: no spaces, no +.")
        key = PrivateKey(name, secrets.token_bytes(32))
        stem = f"{len(self._files(PUBLIC)) + 1:04}-{key.public.hash.hex()}"
        for suffix, text, mode in ((PRIVATE, key.text, 0o600), (PUBLIC, key.public.text, 0o644)):
            path = self.folder / f"{stem}{suffix}"
            path.touch(mode, exist_ok=False)
            path.write_text(text + "\n", "utf-8")
        return key.public
