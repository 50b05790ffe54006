"""A tiny npm registry on 127.0.0.1 that can be told to misbehave."""

import hashlib
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Final, Self
from urllib.parse import unquote

from tests.standin.releases import Package, pack


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, registry: "Registry") -> None:
        self.registry: Final = registry
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, _Server)
        status, kind, content = self.server.registry.answer(unquote(self.path.partition("?")[0]).strip("/"))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-cache")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (http.server's name)
        """Requests are counted, not printed."""


class Registry:
    """Serves what was published; anything else is unknown, for there is no registry behind it.

    `failing` makes it answer 500, `delay` holds back every tarball for so many seconds and `hold` until `release`,
    `requests` counts what was asked for: `NAME` for its document, `NAME/-/FILE.tgz` for a tarball.
    """

    PUBLISHER: ClassVar = "openastra"
    """The account that every version was published from."""

    TAMPERED: ClassVar = pack({"package.json": b"{}", "gateway.js": b"console.log('a stranger')\n"})

    def __init__(self) -> None:
        self.failing: bool = False
        self.delay: float = 0
        self.requests: Final[Counter[str]] = Counter()
        self._packages: Final[dict[str, dict[str, Package]]] = {}
        self._tags: Final[dict[str, dict[str, str]]] = {}
        self._tampered: Final[set[tuple[str, str]]] = set()
        self._withdrawn: Final[set[tuple[str, str]]] = set()
        self._deprecated: Final[dict[tuple[str, str], str]] = {}
        self._closing: Final = threading.Event()
        self._released: Final = threading.Event()
        self._released.set()
        self._server: _Server | None = None
        self._port: int = 0
        self.open()

    @property
    def url(self) -> str:
        """Where it is; stays the same when it is closed and opened again."""
        return f"http://127.0.0.1:{self._port}/"

    @property
    def state(self) -> object:
        """All that its documents hang on; equal where they are equal."""
        known = {name: tuple(each.integrity for each in made.values()) for name, made in self._packages.items()}
        tags = {name: tuple(each.items()) for name, each in self._tags.items()}
        ways = self.url, self._server is not None, self.failing, frozenset(self._withdrawn)
        return *ways, *(tuple(each.items()) for each in (known, tags, self._deprecated))

    def open(self) -> None:
        """Listen, on the port it had before."""
        self._closing.clear()
        self._server = _Server(self._port, self)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), name="registry", daemon=True).start()

    def close(self) -> None:
        """Refuse connections until opened again."""
        if self._server:
            self._closing.set()
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def publish(self, package: Package, tag: str = "latest") -> None:
        """Take a package, and move a tag to it; a version once published stays what it is."""
        versions = self._packages.setdefault(package.name, {})
        if package.version in versions:
            raise ValueError(f"{package.name}@{package.version} is already published")
        versions[package.version] = package
        self.tag(package.name, package.version, tag)

    def tag(self, name: str, version: str, tag: str = "latest") -> None:
        """Move a tag to a published version."""
        self._tags.setdefault(name, {})[tag] = self._packages[name][version].version

    def tamper(self, name: str, version: str, *, tampered: bool = True) -> None:
        """Serve a stranger's tarball under this version's integrity, or the true one again."""
        key = name, self._packages[name][version].version
        (self._tampered.add if tampered else self._tampered.discard)(key)

    def withdraw(self, name: str, version: str, *, withdrawn: bool = True) -> None:
        """Know this version no more, or know it again."""
        (self._withdrawn.add if withdrawn else self._withdrawn.discard)((name, version))

    def deprecate(self, name: str, version: str, why: str) -> None:
        """Say of this version that nobody should use it."""
        self._deprecated[name, version] = why

    def package(self, name: str, version: str) -> Package:
        """What was published."""
        return self._packages[name][version]

    def hold(self) -> None:
        """Hold back every tarball."""
        self._released.clear()

    def release(self) -> None:
        """Send what was held back, and hold back nothing more."""
        self._released.set()

    def reset(self) -> None:
        """Behave well again, with every `latest` at the version published last, and nothing counted."""
        if self._server is None:
            self.open()
        self.release()
        self.failing, self.delay = False, 0
        self._tampered.clear()
        self._withdrawn.clear()
        self._deprecated.clear()
        self.requests.clear()
        for name, versions in self._packages.items():
            self._tags[name] = {"latest": next(reversed(versions))}

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, media type and content for a path; called from the server's threads."""
        self.requests[path] += 1
        name, _, file = path.partition("/-/")
        if self.failing:
            return 500, "application/json", b'{"error":"down for maintenance"}'
        if name not in self._packages:
            return 404, "application/json", b'{"error":"Not found"}'
        if not file:
            return 200, "application/json", json.dumps(self._document(name)).encode()
        for version, package in self._known(name).items():
            if file == _file(package):
                self._closing.wait(self.delay)
                self._released.wait()
                content = self.TAMPERED if (name, version) in self._tampered else package.tarball
                return 200, "application/octet-stream", content
        return 404, "application/json", b'{"error":"Not found"}'

    def _known(self, name: str) -> dict[str, Package]:
        return {each: made for each, made in self._packages[name].items() if (name, each) not in self._withdrawn}

    def _document(self, name: str) -> dict[str, Any]:
        return {
            "_id": name,
            "name": name,
            "dist-tags": self._tags[name],
            "versions": {version: self._version(package) for version, package in self._known(name).items()},
        }

    def _version(self, package: Package) -> dict[str, Any]:
        dist = {
            "integrity": package.integrity,
            "shasum": hashlib.sha1(package.tarball, usedforsecurity=False).hexdigest(),
            "tarball": f"{self.url}{package.name}/-/{_file(package)}",
        }
        user = {"name": self.PUBLISHER, "email": "npm@example.invalid"}
        why = self._deprecated.get((package.name, package.version))
        told = {"_id": f"{package.name}@{package.version}", "_npmUser": user, "dist": dist}
        return {**package.manifest, **told, **({"deprecated": why} if why else {})}


def _file(package: Package) -> str:
    return f"{package.name.rpartition('/')[2]}-{package.version}.tgz"
