"""A connection string: written as every client reads it, read whatever its words, compared by what it means."""

import pytest
from msgspec.structs import replace

from astrolabe.domain.instances.instance import DatabaseConfig
from astrolabe.workers.instance.connection_string import ConnectionString, connection_string, schema_of

WHERE = DatabaseConfig("flags", "ada", port=6432)


@pytest.mark.parametrize(
    ("where", "password", "written"),
    [
        (WHERE, None, "postgresql://ada@127.0.0.1:6432/flags"),
        (WHERE, "a/b@c", "postgresql://ada:a%2Fb%40c@127.0.0.1:6432/flags"),
        (replace(WHERE, host="::1"), None, "postgresql://ada@[::1]:6432/flags"),
        (replace(WHERE, host="/run/pg"), None, "postgresql://ada@/flags?host=/run/pg&port=6432"),
        (
            replace(WHERE, parameters={"options": "-csearch_path=app", "sslmode": "require"}),
            None,
            "postgresql://ada@127.0.0.1:6432/flags?options=-csearch_path%3Dapp&sslmode=require",
        ),
    ],
    ids=["plain", "password", "IPv6", "socket", "parameters"],
)
def test_what_is_written_is_read_again(where: DatabaseConfig, password: str | None, written: str) -> None:
    """An IPv6 address stands in brackets, a socket's folder in a parameter, and nothing is lost on the way."""
    assert connection_string(where, password) == written
    read = ConnectionString.read(written)
    assert read
    assert (read.user, read.password, read.database) == ("ada", password or "", "flags")
    assert read.server[1] == "6432"
    assert read.parameters == where.parameters


SAME = "postgresql://ada:word@127.0.0.1:5432/ada?sslmode=disable"


@pytest.mark.parametrize(
    ("other", "differences"),
    [
        ("postgres://ada:w%6Frd@localhost/ada?sslmode=disable", []),
        ("postgres:///?host=::1&user=ada&password=word&sslmode=disable", []),
        ("postgres://ada:word@127.0.0.1:5433/ada?sslmode=disable", ["server"]),
        ("postgres://bob:other@127.0.0.1/flags", ["user", "password", "database", "sslmode"]),
    ],
)
def test_two_that_mean_the_same_differ_in_nothing(other: str, differences: list[str]) -> None:
    """The rest is named, and no value of it."""
    theirs, ours = ConnectionString.read(other), ConnectionString.read(SAME)
    assert theirs
    assert ours
    assert theirs.differences(ours) == differences


@pytest.mark.parametrize("text", ["", "a word", "https://example.invalid/", "postgres://ada@127.0.0.1:port/flags"])
def test_what_is_no_connection_string_is_none(text: str) -> None:
    """It is compared as it is written."""
    assert ConnectionString.read(text) is None


@pytest.mark.parametrize(
    ("parameters", "schema"),
    [
        ({}, None),
        ({"schema": "app"}, "app"),
        ({"currentSchema": "app"}, "app"),
        ({"options": "-c statement_timeout=5s -csearch_path=app,public"}, "app"),
    ],
)
def test_the_schema_is_read_from_wherever_it_is_said(parameters: dict[str, str], schema: str | None) -> None:
    """There the product's migration history is looked for."""
    assert schema_of(replace(WHERE, parameters=parameters)) == schema
