"""Settings: what the environment says, in one place."""

from pathlib import Path

import pytest

from astrolabe.store.settings import DEFAULTS, VARIABLES, Settings, SettingsError, variable
from astrolabe.store.webhooks.settings import webhook_settings
from tests.store.settings_page import PAGE, PLACES, page, places_of_compose


def test_nothing_set_is_every_default() -> None:
    """An empty environment is the defaults, and an empty variable is as good as none."""
    assert Settings.read({}) == DEFAULTS
    assert Settings.read(dict.fromkeys((each.name for each in VARIABLES), "")) == DEFAULTS


def test_each_variable_becomes_what_its_setting_is() -> None:
    """Numbers, folders and lists are read as such."""
    read = Settings.read(
        {
            "ASTROLABE_DATA": "/srv/astrolabe",
            "ASTROLABE_LEASE_SECONDS": "0.5",
            "ASTROLABE_PRODUCTS": "/etc/one:/etc/two",
            "ASTROLABE_CHECKPOINT_URLS": " https://one.example  https://two.example ",
            "ASTROLABE_WEBHOOK_ALLOW": "10.1.2.0/24, fd12::/64",
        }
    )
    assert read.data == Path("/srv/astrolabe")
    assert read.lease_seconds == 0.5
    assert read.products == (Path("/etc/one"), Path("/etc/two"))
    assert read.checkpoint_urls == ("https://one.example", "https://two.example")
    assert read.webhook_allow == ("10.1.2.0/24", "fd12::/64")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ASTROLABE_LEASE_SECONDS", "soon"),
        ("ASTROLABE_OBSERVE_SECONDS", "0"),
        ("ASTROLABE_CHECKPOINT_SECONDS", "0.5"),
        ("ASTROLABE_WEBHOOK_TIMEOUT_SECONDS", "61"),
        ("ASTROLABE_WEBHOOK_DISABLE_DAYS", "nan"),
        ("ASTROLABE_WEBHOOK_ALLOW", "10.0.0.1/8"),
    ],
)
def test_a_malformed_variable_is_named(name: str, value: str) -> None:
    """The message names the variable and what it holds."""
    with pytest.raises(SettingsError, match=name) as refused:
        webhook_settings(Path("/data"), Settings.read({name: value}))
    assert value in str(refused.value)


def test_a_setting_knows_its_variable() -> None:
    """Messages name the variable that a person can set."""
    assert variable("postgres_programs") == "ASTROLABE_PG_BIN"


def test_the_page_is_what_the_code_says() -> None:
    """docs/settings.md is up to date, and leaves out no variable of the compose file."""
    assert set(PLACES) == places_of_compose()
    assert PAGE.read_text("utf-8") == page()
