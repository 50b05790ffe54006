"""The folder in which `astrolabe up` keeps its data, its servers' secrets and its logs."""

import fcntl
import os
import secrets
import socket
from pathlib import Path
from typing import IO, Final, Self

from astrolabe.cli.servers.problem import Unavailable
from astrolabe.store.settings import Settings, variable

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
            write_private(path, secrets.token_urlsafe(24))
        return path.read_text()

    def port(self, name: str) -> int:
        """Return a port of 127.0.0.1 that is free now: the one remembered under this name if it is."""
        path = self.path / f"{name}.port"
        remembered = int(path.read_text()) if path.exists() else 0
        port = remembered if remembered and is_free(remembered) else _any_free()
        if port != remembered:
            write_private(path, str(port))
        return port

    def log(self, name: str) -> Path:
        """Where a process's output is appended; a large one is set aside first."""
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.replace(path.with_suffix(".log.1"))
        return path


def write_private(path: Path, text: str, *, uid: int = -1, gid: int = -1) -> None:
    """Put a file in place at once, readable by one user only: us, or the one named."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchown(descriptor, uid, gid)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    new.replace(path)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1."""
    with socket.socket() as probe:
        # As the servers do, so that connections of a former run that linger do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _any_free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
