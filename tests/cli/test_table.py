"""Tables fit the terminal, and break no word."""

import pytest

from astrolabe.cli.table import pairs, table

HEADERS = ("NAME", "STATUS", "WHAT HAPPENED")
ROWS = [
    ("flags", "idle", "registered on local with version 5.6.0, and seen running"),
    ("a-name-that-is-long-as-names-may-be-and-more", "upgrading", "the pull of unleash-server@6.10.1 goes on"),
]


@pytest.mark.parametrize("width", [80, 100, 120])
def test_a_table_fits(width: int) -> None:
    """No line is wider, every word is whole, and headers are over their columns."""
    lines = table(HEADERS, ROWS, width).splitlines()
    assert max(map(len, lines)) <= width
    words = {word for row in ROWS for cell in row for word in cell.split()}
    assert words <= {word for line in lines for word in line.split()}
    assert lines[0].index("STATUS") == lines[1].index("idle")


def test_what_cannot_stand_beside_each_other_stands_below() -> None:
    """A row whose words alone are too wide becomes a block with a line for each header."""
    url = "https://hooks.example/" + "x" * 60
    assert table(("NAME", "URL"), [("chat", url), ("mail", "none")], 80) == (
        f"NAME  chat\nURL   {url}\n\nNAME  mail\nURL   none"
    )


def test_a_file_gets_one_line_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody looks on there is no header, and nothing is wrapped."""
    assert table(HEADERS, ROWS).splitlines()[0].split("  ")[0] == "flags"
    assert len(table(HEADERS, ROWS).splitlines()) == len(ROWS)
    assert table(HEADERS, []) == ""
    assert capsys.readouterr().out == ""


def test_nothing_in_a_cell_reaches_the_terminal_as_an_order() -> None:
    """Escapes and line breaks of others become spaces."""
    assert table(("A",), [("one\x1b[31mtwo\nthree",)], 40) == "A\none [31mtwo three"


def test_wide_letters_count_as_wide() -> None:
    """A letter that takes two columns takes two."""
    assert table(("A", "B"), [("日本", "x"), ("ab", "y")], 40).splitlines()[1:] == ["日本  x", "ab    y"]


def test_values_are_wrapped_beside_their_names() -> None:
    """What is known of one thing stays in its column, and what is not known is left out."""
    assert pairs([("name", "flags"), ("todo", "mend the cause and retry"), ("none", None)], 20) == (
        "name  flags\ntodo  mend the cause\n      and retry"
    )
