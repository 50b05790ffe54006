"""Product files: read, or refused with file and line."""

import pytest
from msgspec.structs import replace

from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.instances.registration import needs_database
from astrolabe.domain.kinds.npx import settable
from astrolabe.domain.products import product, release
from astrolabe.domain.products.product import HealthCheck, Npm, Product, ProductError, WorkerCommand
from astrolabe.domain.products.product_file import parse_product, read_product

GOOD = """\
# A file that names every table.
name = "flags"
title = "Flags"
settings = ["LOG_LEVEL"]

[npm]
package = "@scope/flags"
entry = "dist/server.js"

[start]
args = [
  "--port",
  "{port}",
]

[start.env]
DATABASE_URL = "{database_url}"
LITERAL = "{{not a placeholder}}"

[health]
path = "/health"
contains = { health = "GOOD" }

[log]
failed = ['failed: (?P<reason>.+)']

[migrations]
table = "public.migrations"
files = "dist/migrations/*.js"
"""


def complaint(text):
    """Return what is said of a file with a mistake."""
    with pytest.raises(ProductError) as caught:
        parse_product(text, "flags.toml")
    return str(caught.value)


def with_(old, new):
    """Write a mistake into the good file."""
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def test_a_good_file_is_read():
    """Every table lands where it belongs."""
    flags = parse_product(GOOD, "flags.toml")
    assert flags.package.package == "@scope/flags"
    assert flags.start.args == ("--port", "{port}")
    assert flags.health.contains == {"health": "GOOD"}
    assert flags.migrations is not None
    assert flags.migrations.order == "id"


def test_a_short_file_is_enough():
    """Name, title and package suffice; the rest has defaults."""
    short = parse_product('name = "x"\ntitle = "X"\n[npm]\npackage = "x"\nbin = "x"\n', "x.toml")
    assert short == Product("x", "X", Npm("x", "x"))


MISTAKES = {
    "unknown key": ("settings =", "setings =", "setings", "setings"),
    "unknown key in a table": ('package = "@scope/flags"', 'package = "x"\npakage = "x"', "pakage", "pakage"),
    "unknown table": ("[log]", "[logs]", "[logs]", "logs"),
    "unknown table in a table": ("[health]", "[health.deep]\nx = 1\n[health]", "[health.deep]", "deep"),
    "wrong type": ('name = "flags"', "name = 3", "name = 3", "Expected `str`"),
    "wrong type in a table": ('entry = "dist/server.js"', "entry = 3", "entry", "Expected `str | null`"),
    "wrong type in an array": ('  "{port}",', "  4242,", "args", "Expected `str`"),
    "wrong type in an inline table": ('{ health = "GOOD" }', "{ health = 1 }", "contains", "Expected `str`"),
    "bad package": ('"@scope/flags"', '"--registry=http://x"', "package", "an npm package's name"),
    "bad entry": ('"dist/server.js"', '"../../server.js"', "entry", "a path inside the package"),
    "bad health path": ('"/health"', '"health"', "path =", "begins with /"),
    "bad table": ('"public.migrations"', '"migrations; drop"', "table =", "SCHEMA.TABLE"),
    "bad setting name": ('"LOG_LEVEL"', '"log-level"', "settings", "capital letters"),
    "bad environment name": ("LITERAL =", "literal =", "literal =", "has a name that must be capital letters"),
    "bad expression": ("(?P<reason>.+)", "(?P<reason>.+", "failed =", "regular expression"),
    "unknown placeholder": ("{database_url}", "{password}", "DATABASE_URL", "placeholders"),
    "unnamed placeholder": ("{database_url}", "{}", "DATABASE_URL", "placeholders"),
    "numbered placeholder": ("{database_url}", "{0}", "DATABASE_URL", "placeholders"),
    "attribute of a placeholder": ("{database_url}", "{port.__class__}", "DATABASE_URL", "placeholders"),
    "item of a placeholder": ("{database_url}", "{port[0]}", "DATABASE_URL", "placeholders"),
    "conversion of a placeholder": ("{database_url}", "{port!r}", "DATABASE_URL", "placeholders"),
    "format of a placeholder": ("{database_url}", "{port:>9}", "DATABASE_URL", "placeholders"),
    "open placeholder": ("{database_url}", "{port", "DATABASE_URL", "placeholders"),
    "bad placeholder in an argument": ('  "{port}",', '  "{prot}",', "args", "placeholders"),
    "both bin and entry": ('entry = "dist', 'bin = "flags"\nentry = "dist', "[npm]", "exactly one"),
    "neither bin nor entry": ('entry = "dist/server.js"\n', "", "[npm]", "exactly one"),
    "missing key": ('title = "Flags"\n', "", "# A file", "title"),
    "missing key in a table": ('package = "@scope/flags"\n', "", "[npm]", "package"),
    "no TOML": ('title = "Flags"', 'title = "Flags', "title", "line 3"),
    "no end": ('files = "dist/migrations/*.js"', "files = [", "files", "end of document"),
    "key given twice": ('title = "Flags"', 'title = "Flags"\ntitle = "Again"', "Again", "overwrite"),
}
"""What is replaced, by what, the line that must be named, and words that must be said."""


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_with_file_and_line(mistake):
    """Each mistake names the file, the line it stands on, and what is wrong."""
    old, new, stands_on, words = MISTAKES[mistake]
    text = with_(old, new)
    line = 1 + next(nth for nth, each in enumerate(text.splitlines()) if stands_on in each)
    said = complaint(text)
    assert said.startswith(f"flags.toml:{line}: ")
    assert words in said


def test_a_word_in_a_comment_or_a_value_is_not_the_key():
    """The line named is the key's, though the word stands elsewhere before."""
    text = '# foo = 1\nname = "x"\ntitle = "foo"\nfoo = 1\n[npm]\npackage = "foo"\nbin = "x"\n'
    assert complaint(text).startswith("flags.toml:4: ")


def test_dotted_and_quoted_keys_are_found():
    """However a key is written, its line is named."""
    assert complaint('name = "x"\ntitle = "X"\nnpm.package = "x"\nnpm.bin = 3\n').startswith("flags.toml:4: ")
    assert complaint('name = "x"\n"title" = 3\n').startswith("flags.toml:2: ")


def test_a_kind_without_what_it_is_made_of_is_refused():
    """Whoever names a kind must say where its artifacts come from."""
    said = complaint('name = "x"\ntitle = "X"\nkinds = ["npx"]\n')
    assert said == "flags.toml:3: kinds: the kind npx needs [npm]"


def test_an_empty_file_is_refused():
    """A file with nothing in it lacks everything."""
    assert complaint("").startswith("flags.toml:1: ")


def test_all_mistakes_are_told_at_once_by_line():
    """Whoever mends a file is told everything in one go, each with its line and field."""
    text = """\
name = "Flags"
title = "Flags"
kinds = ["npx", "helm"]
colour = "red"
[npm]
pakage = "flags"
bin = 3
[start]
args = ["--port", 4242]
env = { PORT = 4242, host = "x" }
[[image.siblings]]
repository = "flags-jobs"
[[image.siblings]]
repository = "flags:latest"
"""
    read, mistakes = read_product(text)
    assert read is None
    assert [(each.line, each.field) for each in mistakes] == [
        (1, "name"),
        (1, "image.repository"),
        (3, "kinds"),
        (4, "colour"),
        (5, "npm.package"),
        (6, "npm.pakage"),
        (7, "npm.bin"),
        (9, "start.args"),
        (10, "start.env.PORT"),
        (10, "start.env.host"),
        (14, "image.siblings[1].repository"),
    ]
    assert {each.field: each.says for each in mistakes}["npm.package"] == "is missing"


def test_rules_over_several_fields_are_told_together():
    """Each rule that a file breaks is named, not the first alone."""
    _, mistakes = read_product(GOOD.replace('entry = "dist/server.js"\n', "").replace("{port}", "{prot}"))
    assert [each.field for each in mistakes] == ["npm", "start.args"]


PORTLESS = """\
name = "jobs"
title = "Jobs"

[npm]
package = "jobs"
bin = "jobs"

[start]
args = ["--connection", "{database_url}"]
before = ["--connection", "{database_url}", "--once"]

[health]
by = "process"
log = "^works$"
query = "SELECT true"

[[workers]]
name = "mailer"
args = ["mail", "{port}"]
"""


def test_a_product_without_a_port_says_how_it_is_seen_to_work():
    """By its process, by what it says, and by what its database answers; others work beside it."""
    jobs = parse_product(PORTLESS, "jobs.toml")
    assert jobs.start.before[-1] == "--once"
    assert jobs.health == HealthCheck(by="process", log="^works$", query="SELECT true")
    assert jobs.workers == (WorkerCommand("mailer", ("mail", "{port}")),)
    config = InstanceConfig("jobs", "jobs", database=DatabaseConfig("goods", "keeper"))
    assert settable(jobs, config) == (True, True)


UNFIT = {
    "asked by both": ('by = "process"', 'by = "http"', "health.log", "by process alone"),
    "no expression": ('"^works$"', '"("', "health.log", "no regular expression"),
    "no database": ('["--connection", "{database_url}"]', '["run"]', "health.by", "known by its database"),
    "a project": ("[npm]", 'kinds = ["npx", "compose"]\nimage = { repository = "x" }\n[npm]', "health.by", "kind npx"),
    "a version": ("[[workers]]", '[version]\npath = "/"\nfield = "v"\n[[workers]]', "health.by", "no [version]"),
    "a strange word before": ('"--once"', '"{once}"', "start.before", "placeholders"),
    "a strange word of a worker": ('"{port}"', '"{prot}"', "workers[0].args", "placeholders"),
    "a worker that is something else": ('"mailer"', '"doctor"', "workers", "cannot be named doctor"),
    "two workers of a name": (
        "[[workers]]",
        '[[workers]]\nname = "mailer"\nargs = []\n[[workers]]',
        "workers",
        "twice",
    ),
}
"""What is replaced, by what, the field that is named, and words that must be said."""


@pytest.mark.parametrize("unfit", UNFIT)
def test_what_does_not_fit_together_is_named(unfit):
    """Each field is well by itself."""
    old, new, field, words = UNFIT[unfit]
    assert old in PORTLESS
    _, (mistake, *_) = read_product(PORTLESS.replace(old, new, 1))
    assert mistake.field == field
    assert words in mistake.says


def test_a_list_that_is_too_long_is_a_mistake():
    """What no single part of a field breaks is told as well."""
    many = ", ".join('{ repository = "x" }' for _ in range(21))
    text = f'name = "x"\ntitle = "X"\nkinds = ["compose"]\n[image]\nrepository = "x"\nsiblings = [{many}]\n'
    (mistake,) = read_product(text)[1]
    assert "20" in mistake.says


def test_every_form_that_a_file_can_break_is_said_in_words():
    """No expression is shown to whoever writes a file."""
    forms = (word for module in (product, release) for word in vars(module).values())
    metas = [each for word in forms for each in getattr(word, "__metadata__", ()) if each.pattern]
    assert metas
    assert all(each.description for each in metas)


def test_a_database_may_be_given_by_its_parts():
    """A product that takes no connection string is isolated all the same, for its database's name is ours to give."""
    env = 'DB_HOST = "{database_host}"\nDB_NAME = "{database_name}"\nPORT = "{port}"'
    by_parts = parse_product(with_('DATABASE_URL = "{database_url}"', env), "flags.toml")
    named = replace(by_parts, migrations=None)
    database = DatabaseConfig("goods", "keeper", "127.0.0.1", 5432)
    assert needs_database(named)
    assert settable(named, InstanceConfig("flags", "flags", 4242, database=database)) == (True, True)


def test_a_product_that_is_given_no_database_name_keeps_its_own():
    """Host and user say nothing of which database it is."""
    product = parse_product(with_("{database_url}", "{database_host}"), "flags.toml")
    assert not needs_database(replace(product, migrations=None))
    database = DatabaseConfig("goods", "keeper", "127.0.0.1", 5432)
    assert settable(product, InstanceConfig("flags", "flags", 4242, database=database)) == (True, False)
