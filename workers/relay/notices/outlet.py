"""The outlet: the process that sends through Apprise. It is started for a few notices and ends when they are sent.

Apprise and its 180 services are loaded here alone, so that the relay at rest has none of them in its memory. Nothing
that Apprise prints or logs leaves this process: its lines hold parts of URLs.
"""

import logging
import os
import re
from importlib import import_module
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec
from typing_extensions import override

from astrolabe.domain.notices.notice import Notice
from astrolabe.workers.relay.notices.exchange import VARIABLE, SendRequest, SendResult
from astrolabe.workers.relay.notices.reach import ConnectionGuard
from astrolabe.workers.relay.notices.url import UnusableUrl, read_url

_STATUS = re.compile(r"error=([0-9]{3})\b")
UNREACHED = "The service was not reached, or did not take it."
UNUSABLE = "Apprise knows no such service, or the URL lacks something that it needs."


class Lines(logging.Handler):
    """What Apprise logs, of which only the status of an answer is looked for."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.status: str | None = None

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Note a status, and forget the line."""
        if found := _STATUS.search(record.getMessage()):
            self.status = found[1]


def main() -> None:
    """Send what the request holds, and write what became of it to where the relay reads."""
    answer = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    request = msgspec.json.decode(os.environ[VARIABLE], type=SendRequest)  # noqa: TID251  no setting: a message
    os.write(answer, msgspec.json.encode(SendResult(send(request))))


def send(request: SendRequest) -> tuple[str | None, ...]:
    """Send all notices of a request; say of each why it did not arrive, None where it did."""
    try:
        url = read_url(request.reference, [Path(each) for each in request.folders])
    except UnusableUrl as error:
        return (str(error),) * len(request.notices)
    lines, reach = Lines(), ConnectionGuard(tuple(ip_network(each) for each in request.allowed))
    service = _service(url, lines, reach)
    if service is None:
        return (UNUSABLE,) * len(request.notices)
    return tuple(_send(service, each, lines, reach) for each in request.notices)


def _service(url: str, lines: Lines, reach: ConnectionGuard) -> Any:
    """Return the service that a URL names, the way Apprise has it; None where it knows none."""
    apprise = import_module("apprise")
    logger = logging.getLogger("apprise")
    logger.handlers, logger.propagate = [lines], False
    logger.setLevel(logging.WARNING)
    asset = apprise.AppriseAsset(
        storage_mode="memory",
        secure_logging=True,
        allow_templates=False,
        http_redirects=False,
        async_mode=False,
        pem_autogen=False,
        pgp_autogen=False,
        app_id="Astrolabe",
        app_desc="Astrolabe",
    )
    # All services are loaded by this question, and some of them look around on this host: before the reach begins.
    if url.partition("://")[0].lower() not in import_module("apprise.manager_plugins").NotificationManager():
        return None
    reach.begin()
    service = apprise.Apprise.instantiate(url, asset=asset)
    if service is None:
        return None
    # A service that takes less of a text gets it in parts.
    service.overflow_mode = apprise.OverflowMode.SPLIT
    everybody = apprise.Apprise(asset=asset)
    everybody.add(service)
    return everybody


def _send(apprise: Any, notice: Notice, lines: Lines, reach: ConnectionGuard) -> str | None:
    lines.status = reach.refused = None
    if apprise.notify(title=notice.title, body=notice.body, notify_type=notice.tone, body_format="text"):
        return None
    return reach.refused or (f"The service answered {lines.status}." if lines.status else UNREACHED)


if __name__ == "__main__":
    main()
