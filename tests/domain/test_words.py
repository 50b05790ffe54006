"""The words that callers may send: what each takes, and what none of them lets through."""

from typing import get_args

import msgspec
import pytest
import semver
from hypothesis import given, settings
from hypothesis import strategies as st

from astrolabe.domain import words
from astrolabe.domain.products.product import BinName, InsidePath, NpmPackage, RegistryUrl, SqlName, TableName, UrlPath

GOOD = {
    "Name": (words.Name, ["flags", "a", "flags-2"]),
    "HostName": (words.HostName, ["local", "host-1.example", "10.0.0.1"]),
    "Version": (words.Version, ["0.0.0", "6.10.1", "1.0.0-rc.1", "1.2.3-0", "1.0.0-alpha-2.x7", "1.0.0--"]),
    "Target": (words.Target, ["latest", "6.10.1", "1.0.0-rc.1"]),
    "Identifier": (words.Identifier, ["unleash", "_x", "My-Database_2"]),
    "Address": (words.Address, ["127.0.0.1", "db.example", "fe80::1", "::1", "::", "/var/run/postgresql"]),
    "Folder": (words.Folder, ["/opt/astra", "/home/ada/.npm-global"]),
    "SecretRef": (words.SecretRef, ["env:ASTROLABE_SECRET_DB", "file:/run/secrets/db.password"]),
    "SettingName": (words.SettingName, ["LOG_LEVEL", "A"]),
    "VariableName": (words.VariableName, ["LOG_LEVEL", "database__client", "_"]),
    "ParameterName": (words.ParameterName, ["sslmode", "application_name"]),
    "SettingValue": (words.SettingValue, ["", "info", "with space; and $signs", "ä€😀"]),
    "Reason": (words.Reason, ["quarterly upgrade; see ticket $42", "größer 😀"]),
    "NpmPackage": (NpmPackage, ["unleash-server", "@openastra/cli", "a.b_c"]),
    "BinName": (BinName, ["astra", "graphile-worker"]),
    "InsidePath": (InsidePath, ["dist/server.js", "dist/migrations/*.js"]),
    "UrlPath": (UrlPath, ["/", "/health", "/docs/openapi.json?x=1&y=%20"]),
    "RegistryUrl": (RegistryUrl, ["https://registry.example", "http://127.0.0.1:4873/path"]),
    "SqlName": (SqlName, ["id", "run_on"]),
    "TableName": (TableName, ["public.migrations"]),
}
TOLERANT = {"SettingValue", "Reason"}
"""Free text: handed on as one value, never as part of a command or a path."""

HOSTILE = {
    "option": ["-x", "--registry=http://evil", "-"],
    "path escape": ["..", "../x", "a/../../b", "/..", "file:/run/../etc/shadow", "/run/../etc"],
    "shell": ["a;b", "a b", "$(id)", "`id`", "a|b", "a&&b", "a>b", "a'b", 'a"b', "a\\b", "a!b", "~root"],
    "control": ["a\nb", "a\rb", "a\tb", "a\x00b", "a\x1b[31m", "a\x7fb"],
    "look-alike": ["\u0430", "\uff11.\uff10.\uff10", "a\u202eb", "\ufb00"],
    "registry switch": ["git+ssh://x", "npm:other@1", "file:../x", "http://x/y.tgz", "1.0.0 --registry=x", "x@latest"],
}


def takes(word, value):
    """Return whether a word takes a value."""
    try:
        msgspec.convert(value, word)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("name", GOOD)
def test_a_word_takes_what_it_is_for(name):
    """Ordinary values pass."""
    word, values = GOOD[name]
    assert [value for value in values if not takes(word, value)] == []


@pytest.mark.parametrize("name", [name for name in GOOD if name not in TOLERANT])
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_word_rejects_what_could_become_something_else(name, kind):
    """No word lets an option, an escape, a shell's character or a control character through."""
    allowed = {"UrlPath": {"/..", "/run/../etc"}, "RegistryUrl": {"http://x/y.tgz"}}
    word, _ = GOOD[name]
    assert {value for value in HOSTILE[kind] if takes(word, value)} <= allowed.get(name, set())


@pytest.mark.parametrize("name", GOOD)
def test_no_word_lets_a_line_end(name):
    """A trailing newline is the one thing that `$` alone lets through."""
    word, values = GOOD[name]
    for value in values:
        assert not takes(word, value + "\n")
        assert not takes(word, "\n" + value)


@pytest.mark.parametrize("name", sorted(TOLERANT))
def test_free_text_is_printable(name):
    """What is shown in a terminal cannot steer it, and what PostgreSQL cannot store is not taken."""
    word, _ = GOOD[name]
    for value in (*HOSTILE["control"], "a\x9b31m", "\x00"):
        assert not takes(word, value)


def test_lengths_are_bounded():
    """Each word has an end."""
    long = "a" * 1000
    for name, (word, _) in GOOD.items():
        if name != "RegistryUrl":
            assert not takes(word, long)
            assert not takes(word, "/" + long)
            assert not takes(word, "A" * 1000)
    assert not takes(words.Version, "1.0.0-" + "a" * 200)
    assert not takes(words.Version, "1234567890.0.0")
    assert not takes(words.Reason, "")


@pytest.mark.parametrize("version", ["1", "1.0", "v1.0.0", "01.0.0", "1.0.0-01", "1.0.0-a..b", "1.0.0-", "1.0.0+build"])
def test_what_is_no_exact_version_is_no_version(version):
    """A range, a prefix, a build and what semver does not know are refused."""
    assert not takes(words.Version, version)
    assert not takes(words.Target, version)
    assert not takes(words.Version, "latest")


@settings(max_examples=300)
@given(st.from_regex(next(meta.pattern for meta in get_args(words.Version) if getattr(meta, "pattern", None))))
def test_every_version_is_one_that_semver_compares(version):
    """What the pattern lets through, deciding can compare."""
    if takes(words.Version, version):
        assert str(semver.Version.parse(version)) == version


def test_ports_and_scopes_are_bounded():
    """Numbers and enumerations refuse what is outside."""
    assert [port for port in (0, 1, 65535, 65536, -1) if takes(words.Port, port)] == [1, 65535]
    assert not takes(words.Kind, "docker")
    assert not takes(words.Step, "rm")
    # What the database's other fields say, a parameter cannot say otherwise.
    assert not any(takes(words.ParameterName, name) for name in ("host", "port", "user", "password", "dbname"))
    assert takes(words.ParameterName, "hosts")
