"""What Compose would make now, compared with what a container was made from."""

import pytest

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.kinds.compose_differences import CONFIG_FILES, WORKING_FOLDER, differences, made_from, unnamed

PROJECT = ComposeProject("/srv/shop", "shop", files=("compose.yaml", "/etc/shop/extra.yaml"))
OURS = "/var/lib/astrolabe/instances/1/compose.override.yaml"


def labels(*files: str, folder: str = "/srv/shop") -> dict[str, str]:
    """Write the labels of a container that Compose made from files."""
    return {CONFIG_FILES: ",".join(files), WORKING_FOLDER: folder}


def test_a_file_that_the_instance_does_not_name_is_found() -> None:
    """Astrolabe's own is none, and whoever made the container may have seen the folder at another path."""
    known = labels("/srv/shop/compose.yaml", "/etc/shop/extra.yaml", OURS)
    assert unnamed(PROJECT, known, made_from(known, {OURS})) == ()
    elsewhere = labels("/mnt/shop/compose.yaml", "/mnt/shop/compose.override.yaml", folder="/mnt/shop")
    assert unnamed(PROJECT, elsewhere, made_from(elsewhere, {OURS})) == ("/mnt/shop/compose.override.yaml",)
    assert made_from({}, {OURS}) == ()


THEN = {
    "image": "acme/shop:1.0.0",
    "environment": {"A": "1", "B": "2"},
    "labels": {"proxied": "true"},
    "volumes": [{"source": "media"}],
    "deploy": {"replicas": 2, "resources": {}},
}


@pytest.mark.parametrize(
    ("now", "named"),
    [
        ({**THEN}, ()),
        ({**THEN, "image": "acme/shop:2.0.0", "depends_on": {"db": {}}, "deploy": {"replicas": 3}}, ()),
        ({**THEN, "environment": {"A": "1", "B": "3", "C": "4"}}, ("environment.B", "environment.C")),
        ({**THEN, "deploy": {"resources": {"limits": {"memory": "1"}}}}, ("deploy",)),
        ({"image": "acme/shop:1.0.0"}, ("environment.A", "environment.B", "labels.proxied", "volumes")),
    ],
    ids=["nothing", "what the upgrade changes itself", "variables", "limits", "everything"],
)
def test_what_would_be_otherwise_is_named_without_its_value(now: dict[str, object], named: tuple[str, ...]) -> None:
    """A value may be a secret."""
    assert differences(THEN, now) == named
