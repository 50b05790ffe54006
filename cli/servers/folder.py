"""The folder in which `astrolabe up` keeps its data, its servers' secrets and its logs."""

import fcntl
import os
import secrets
from pathlib import Path
from typing import IO, Final, Self

from astrolabe.cli.servers.problem import Unavailable
from astrolabe.store.ports import free_port, is_free
from astrolabe.store.settings import Settings, variable
from astrolabe.store.whole_file import write

VARIABLE: Final = variable("data")
KEYS: Final = "keys"
"""The folder in it that holds the log's signing keys."""
LARGEST_LOG: Final = 10_000_000
"""Bytes after which a log is set aside at the next start."""


def default_path() -> Path:
    """Return the data folder: the one that a setting names, else the system's for root, else the user's own."""
    settings = Settings.read()
    return settings.data.absolute() if settings.data else data_home(settings) / "astrolabe"


def data_home(settings: Settings) -> Path:
    """Return the folder that programs of this user keep their data in."""
    if os.geteuid() == 0:
        return Path("/var/lib")
    return settings.data_home or Path.home() / ".local" / "share"


class DataFolder:
    """A data folder that is ours alone until it is released, or we die."""

    def __init__(self, path: Path, lock: IO[str]) -> None:
        self.path: Final = path
        self.logs: Final = path / "logs"
        self._lock: Final = lock

    @classmethod
    def claim(cls, path: Path | None = None) -> Self:
        """Make the folder if need be, and lock it; Unavailable when another `astrolabe up` uses it."""
        path = (path or default_path()).absolute()
        try:
            path.mkdir(parents=True, exist_ok=True)
            if path.stat().st_uid != os.geteuid():
                raise Unavailable(f"{path} belongs to another user: set {VARIABLE} to a folder of your own.")
            # Root's servers run as another user, who passes through but sees nothing.
            path.chmod(0o711 if os.geteuid() == 0 else 0o700)
            lock = (path / "lock").open("a+")
        except OSError as error:
            raise Unavailable(f"{path} cannot be used ({error.strerror}): set {VARIABLE} to another folder.") from None
        folder = cls(path, lock)
        folder._take()
        (path / "logs").mkdir(mode=0o700, exist_ok=True)
        (path / "logs").chmod(0o700)
        return folder

    def _take(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.seek(0)
            other = self._lock.read().strip() or "unknown"
            self._lock.close()
            raise Unavailable(
                f"{self.path} is in use by another astrolabe up (process {other}): stop that one, or set {VARIABLE}."
            ) from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def release(self) -> None:
        """Release the folder, so that another `astrolabe up` may take it."""
        self._lock.close()

    def secret(self, name: str) -> str:
        """Return the password kept under this name, made at the first call; safe in a URL and readable by us only."""
        path = self.path / f"{name}.password"
        if not path.exists():
            _write(path, secrets.token_urlsafe(24))
        return path.read_text()

    def port(self, name: str) -> int:
        """Return a port of 127.0.0.1 that is free now: the one remembered under this name if it is."""
        path = self.path / f"{name}.port"
        remembered = int(path.read_text()) if path.exists() else 0
        port = remembered if remembered and is_free(remembered) else free_port()
        if port != remembered:
            _write(path, str(port))
        return port

    def log(self, name: str) -> Path:
        """Return where a process's output is appended; a large file is set aside first."""
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.replace(path.with_suffix(".log.1"))
        return path


def _write(path: Path, text: str) -> None:
    write(path, text.encode(), lasting=True, private=True)
