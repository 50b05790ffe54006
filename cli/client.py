"""The client of the API, as a person's commands use it."""

import contextlib
import json
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx
from httpx_sse import ServerSentEvent, connect_sse

from astrolabe.cli.certificates import certificates_for
from astrolabe.cli.contexts import reached
from astrolabe.cli.failure import CommandError
from astrolabe.cli.patience import UnreachableError
from astrolabe.cli.refusals import refusal_of
from astrolabe.store.settings import DEFAULT_URL, Settings
from astrolabe.store.whole_file import replacing

TIMEOUT = 30.0
NOTHING_MORE = 204
PASSING = frozenset({502, 503, 504})
"""The statuses of an API that is starting, or whose database is away."""
ELSEWHERE = "log in to another, or set ASTROLABE_URL"
SILENCE = 60.0
"""How long a stream may be silent; the API sends a comment every 15 seconds."""


def path(*parts: str) -> str:
    """Make a path of words, none of which can leave its place."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def usable_token(text: str) -> str:
    """Return a token without the space around it; raises CommandError where it can be none."""
    token = text.strip()
    if not token:
        raise CommandError("Say who asks: astrolabe login, or ASTROLABE_TOKEN. `astrolabe up` prints the first token.")
    if not token.isascii() or any(char.isspace() for char in token):
        raise CommandError("The token holds characters that no token has; copy it anew.")
    return token


class Client:
    """One Astrolabe, spoken to with one token."""

    def __init__(self, url: str, token: str) -> None:
        self.url: str = url
        self._http: httpx.Client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
            trust_env=False,
            verify=certificates_for(url),
        )

    @classmethod
    def from_environment(cls) -> Self:
        """Make a client from ASTROLABE_URL and ASTROLABE_TOKEN, or from what a person has logged in to."""
        context = reached(Settings.read())
        return cls(context.url.rstrip("/"), usable_token(context.token))

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def get(self, path: str, **parameters: str | int | None) -> Any:
        """Read something."""
        given = {name: value for name, value in parameters.items() if value is not None}
        # Even empty parameters would replace those that a link to a next page has.
        return self._call("GET", path, params=given or None)

    def post(self, path: str, body: Mapping[str, Any], *, key: str | None = None) -> Any:
        """Ask for something; with a key, asking twice asks once."""
        return self._call("POST", path, json=body, headers={"Idempotency-Key": key} if key else {})

    def put(self, path: str, body: Mapping[str, Any], *, version: int) -> Any:
        """Replace something as it stood at a version; refused where it has changed since."""
        return self._call("PUT", path, json=body, headers={"If-Match": f'"{version}"'})

    def items(self, path: str, **parameters: str | int | None) -> Iterator[Any]:
        """Read a list to its end, page by page."""
        page = self.get(path, **parameters)
        yield from page["items"]
        while page.get("next"):
            page = self.get(page["next"])
            yield from page["items"]

    def text(self, path: str) -> str:
        """Read something that is no JSON."""
        return self._answer("GET", path).text

    def download(self, path: str, file: Path, **parameters: str) -> None:
        """Write an answer of any length to a file, whole or not at all."""
        try:
            with replacing(file) as beside, self._http.stream("GET", path, params=parameters or None) as answer:
                if answer.is_error:
                    answer.read()
                    raise _refusal(answer)
                with beside.open("wb") as out:
                    out.writelines(answer.iter_bytes())
        except httpx.HTTPError as error:
            raise CommandError(f"{self.url} broke off ({type(error).__name__}: {error}); ask again.") from None
        except OSError as error:
            raise CommandError(f"{file}: cannot be written: {error.strerror}") from None

    @contextlib.contextmanager
    def listen(self, path: str, last: str | None) -> Generator[Iterator[ServerSentEvent]]:
        """Listen to events after a position, until the stream ends; raises UnreachableError where it breaks off."""
        headers = {"Last-Event-ID": last} if last else {}
        timeout = httpx.Timeout(TIMEOUT, read=SILENCE)
        try:
            with connect_sse(self._http, "GET", path, headers=headers, timeout=timeout) as source:
                if source.response.is_error:
                    source.response.read()
                    raise _refusal(source.response)
                yield iter(()) if source.response.status_code == NOTHING_MORE else source.iter_sse()
        except httpx.HTTPError as error:
            raise UnreachableError(f"the stream of events broke off ({type(error).__name__}: {error})") from None

    def _call(self, method: str, path: str, **options: Any) -> Any:
        answer = self._answer(method, path, **options)
        return answer.json() if answer.content else None

    def _answer(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **options)
        except httpx.InvalidURL:
            raise CommandError(f"{self.url} is no address; write it for example as {DEFAULT_URL}.") from None
        except httpx.HTTPError as error:
            said = f"{type(error).__name__}: {error}"
            raise UnreachableError(f"No Astrolabe answers at {self.url} ({said}); start it, or {ELSEWHERE}.") from None
        if answer.is_error:
            raise _refusal(answer)
        return answer


def _refusal(answer: httpx.Response) -> CommandError:
    """Return the error that says what the API says of its refusal (RFC 9457)."""
    try:
        problem = answer.json()
    except json.JSONDecodeError:
        problem = None
    refused = refusal_of(problem) if isinstance(problem, dict) else None
    strange = f"What answers at {answer.url.copy_with(raw_path=b'/')} is no Astrolabe; {ELSEWHERE}."
    if answer.status_code in PASSING:
        return UnreachableError(refused.message if refused else strange)
    return refused or CommandError(strange)
