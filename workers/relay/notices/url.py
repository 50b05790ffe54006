"""The URL of a contact: a secret of this host, read where it is used and nowhere else."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

LOCAL = frozenset({"blink1", "dbus", "glib", "gio", "gnome", "kde", "macosx", "qt", "syslog", "windows"})
"""Services that are no service elsewhere, but something on this host."""


class UnusableUrl(Exception):  # noqa: N818  what is so
    """The URL cannot be used; the message says why, and holds nothing of it."""


def read_url(
    reference: str,
    folders: Iterable[Path],
    environment: Mapping[str, str] = os.environ,  # noqa: TID251  secrets are no settings
) -> str:
    """Read the URL that a reference names; raises UnusableUrl."""
    kind, _, place = reference.partition(":")
    text = environment.get(place, "") if kind == "env" else _read(Path(place), reference, folders)
    url = text.strip()
    if not url:
        raise UnusableUrl(f"{reference} is not set on the relay's host.")
    scheme, found, _ = url.partition("://")
    if not found or len(url.split()) != 1:
        raise UnusableUrl(f"{reference} is no Apprise URL: one line, such as ntfys://ntfy.example.com/topic.")
    if scheme.lower() in LOCAL:
        raise UnusableUrl(f"{reference} is of a service of the host itself, which is not notified.")
    return url


def _read(path: Path, reference: str, folders: Iterable[Path]) -> str:
    real = path.resolve()
    if not any(real.is_relative_to(folder.resolve()) for folder in folders):
        shown = " or ".join(map(str, folders))
        raise UnusableUrl(f"{reference} lies outside of {shown}.")
    try:
        return real.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise UnusableUrl(f"{reference} cannot be read by the user that the relay runs as: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UnusableUrl(f"{reference} is no text.") from None
