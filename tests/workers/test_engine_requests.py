"""What a command of Docker's comes to at an engine's API: the commands as they are planned and shown."""

import pytest

from astrolabe.domain.kinds import docker
from astrolabe.domain.kinds.docker import Place
from astrolabe.workers.kinds.compose.engine_requests import request_of

AT = Place("shop_default", ("db", "shop-db-1"), ipv4="172.30.0.9")


@pytest.mark.parametrize(
    ("command", "path", "body"),
    [
        (docker.start_container("docker", "web"), "/containers/web/start", None),
        (docker.waited("docker", "web"), "/containers/web/wait", None),
        (
            docker.restart_policy("docker", "web", "on-failure:3"),
            "/containers/web/update",
            {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}},
        ),
        (
            docker.restart_policy("docker", "web", "no"),
            "/containers/web/update",
            {"RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}},
        ),
        (
            docker.connected("docker", AT, "db-1"),
            "/networks/shop_default/connect",
            {
                "Container": "db-1",
                "EndpointConfig": {"Aliases": ["db", "shop-db-1"], "IPAMConfig": {"IPv4Address": "172.30.0.9"}},
            },
        ),
        (
            docker.connected("docker", Place("shop_default"), "db-1"),
            "/networks/shop_default/connect",
            {"Container": "db-1", "EndpointConfig": {"Aliases": []}},
        ),
        (
            docker.disconnected("docker", "shop_default", "db-1"),
            "/networks/shop_default/disconnect",
            {"Container": "db-1"},
        ),
    ],
)
def test_one_change_is_one_request(command: tuple[str, ...], path: str, body: object) -> None:
    """The path and the body that Docker's own program sends."""
    assert request_of(command) == (path, body)


@pytest.mark.parametrize(
    "command",
    [
        docker.execute("docker", "web", ("doctor",)),
        docker.private_network("docker", "apart"),
        docker.restart("docker", "web"),
        ("docker", "compose", "up", "--detach"),
    ],
)
def test_whatever_is_more_is_left_to_the_program(command: tuple[str, ...]) -> None:
    """A stream, a project, or something that nobody has written down here."""
    assert request_of(command) is None
