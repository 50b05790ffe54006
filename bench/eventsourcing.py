"""The `eventsourcing` package doing what its users do: save an aggregate, and read the notification log."""

from urllib.parse import urlsplit

from bench.peer import measured
from bench.row import payload


class EventSourcing:
    """Each client is a thread that saves one more event of an aggregate of its own."""

    def __init__(self, url: str) -> None:
        self.name: str = "eventsourcing"
        self._url: str = url

    async def run(self, clients: int, seconds: float) -> float:
        """Save for some seconds; return saves a second."""
        return await measured("saving.py", clients, seconds, len(payload()), **_settings(self._url, clients))


class NotificationLog:
    """One reader of everything."""

    def __init__(self, url: str, events: int) -> None:
        self.name: str = "eventsourcing"
        self._url: str = url
        self._events: int = events

    async def run(self, clients: int, seconds: float) -> float:
        """Read the whole notification log into typed events, however long it takes; return events a second."""
        del seconds
        return await measured("notifications.py", self._events, len(payload()), **_settings(self._url, clients))


def _settings(url: str, clients: int) -> dict[str, str]:
    parts = urlsplit(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path[1:],
        "POSTGRES_HOST": str(parts.hostname),
        "POSTGRES_PORT": str(parts.port),
        "POSTGRES_USER": str(parts.username),
        "POSTGRES_PASSWORD": str(parts.password),
        "POSTGRES_POOL_SIZE": str(clients),
        "POSTGRES_MAX_OVERFLOW": "0",
    }
