"""A container registry of our own, and the way to put an image there without an engine."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL
from typing import Any, Final, Self

import httpx

from astrolabe.cli.private_engine.layers import Layer
from astrolabe.cli.servers.server import until_ready
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.programs.shell import Child

MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG: Final = "application/vnd.docker.container.image.v1+json"
LAYER: Final = "application/vnd.docker.image.rootfs.diff.tar.gzip"
CREATED: Final = "2024-01-01T00:00:00Z"
"""The same content has the same digest whenever it is made."""


@dataclass(frozen=True, slots=True)
class Built:
    """What an image is made of: layers, and how its program is started."""

    layers: Sequence[Layer]
    config: Mapping[str, Any]

    def described(self) -> bytes:
        """Return the image's own description."""
        return json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "created": CREATED,
                "config": self.config,
                "rootfs": {"type": "layers", "diff_ids": [each.plain_digest for each in self.layers]},
                "history": [{"created": CREATED} for _ in self.layers],
            },
            sort_keys=True,
        ).encode()


class ImageRegistry:
    """Debian's docker-registry on 127.0.0.1, which an engine speaks plain HTTP to."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port: Final = port
        self.address: Final = f"127.0.0.1:{port}"
        self.folder: Final = folder
        self._child: Child | None = None

    async def start(self) -> None:
        """Start it and wait until it answers; what was pushed before is still there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "version": "0.1",
            "log": {"level": "warn"},
            "storage": {"filesystem": {"rootdirectory": str(self.folder / "blobs")}},
            "http": {"addr": self.address},
        }
        file, log = self.folder / "registry.yml", self.folder / "registry.log"
        file.write_text(json.dumps(settings))
        since = log.stat().st_size if log.exists() else 0
        self._child = shell.supervise(["docker-registry", "serve", file], env=inherited(), log=log)
        await until_ready(self._child, self._answers, name="The registry", log=log, since=since)

    async def stop(self) -> None:
        """End it."""
        if self._child:
            await self._child.stop(SIGKILL)

    def kill(self) -> None:
        """End it at once, from whatever loop."""
        if self._child:
            self._child.signal(SIGKILL)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _answers(self) -> bool:
        async with self._client() as http:
            try:
                return (await http.get("/v2/")).is_success
            except httpx.TransportError:
                return False

    async def push(self, name: str, tag: str, image: Built) -> str:
        """Put an image under a name and a tag; return its digest."""
        config = image.described()
        async with self._client() as http:
            for layer in image.layers:
                await self._put_blob(http, name, layer.digest, layer.packed.read_bytes)
            await self._put_blob(http, name, _sha256(config), lambda: config)
            manifest = {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {"mediaType": CONFIG, "size": len(config), "digest": _sha256(config)},
                "layers": [
                    {"mediaType": LAYER, "size": each.packed.stat().st_size, "digest": each.digest}
                    for each in image.layers
                ],
            }
            content, headers = json.dumps(manifest).encode(), {"Content-Type": MANIFEST}
            (await http.put(f"/v2/{name}/manifests/{tag}", content=content, headers=headers)).raise_for_status()
            return _sha256(content)

    async def _put_blob(self, http: httpx.AsyncClient, name: str, digest: str, content: Any) -> None:
        if (await http.head(f"/v2/{name}/blobs/{digest}")).is_success:
            return
        begun = (await http.post(f"/v2/{name}/blobs/uploads/")).raise_for_status()
        where = httpx.URL(begun.headers["Location"]).copy_merge_params({"digest": digest})
        (await http.put(where, content=content())).raise_for_status()

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"http://{self.address}", trust_env=False, timeout=60)


def _sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
