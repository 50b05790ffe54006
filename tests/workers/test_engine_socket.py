"""An engine's own API: the socket that Docker's program would speak to, and the same answers as that program's."""

import json
from pathlib import Path

import pytest

from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.kinds.compose.engine import Engine
from astrolabe.workers.kinds.compose.engine_socket import EngineSocket
from astrolabe.workers.programs.environment import inherited

HERE = "unix:///run/an-engine.sock"


@pytest.mark.parametrize(
    ("environment", "asked"),
    [
        ({}, True),
        ({"DOCKER_HOST": HERE}, True),
        ({"DOCKER_HOST": HERE, "DOCKER_CONTEXT": "elsewhere"}, True),
        ({"DOCKER_HOST": "ssh://somebody@elsewhere"}, False),
        ({"DOCKER_HOST": "tcp://127.0.0.1:2376"}, False),
        ({"DOCKER_CONTEXT": "elsewhere"}, False),
        ({"DOCKER_CONTEXT": "default"}, True),
    ],
)
def test_a_socket_is_asked_where_docker_would_speak_to_it(
    environment: dict[str, str], asked: bool, tmp_path: Path
) -> None:
    """An engine on another host, or one that a context names, is asked by Docker's program, which knows how."""
    assert (EngineSocket.of({"DOCKER_CONFIG": str(tmp_path), **environment}) is not None) == asked


@pytest.mark.parametrize(("context", "asked"), [("elsewhere", False), ("default", True), (None, True)])
def test_the_users_own_context_counts(context: str | None, asked: bool, tmp_path: Path) -> None:
    """What `docker context use` has chosen stands in a file of the user's."""
    config = tmp_path / ".docker" / "config.json"
    config.parent.mkdir()
    config.write_text(json.dumps({"currentContext": context} if context else {}))
    assert (EngineSocket.of({"HOME": str(tmp_path)}) is not None) == asked


async def test_an_engine_that_is_not_there_is_said_to_be_away(tmp_path: Path) -> None:
    """Nobody listens: that passes, and says what to start."""
    engine = Engine({**inherited(), "DOCKER_HOST": f"unix://{tmp_path}/nobody.sock"}, ())
    for question in (engine.labelled("a=b"), engine.container("any"), engine.image("any")):
        with pytest.raises(StepFailed) as caught:
            await question
        assert caught.value.problem.code == "engine-unreachable"
