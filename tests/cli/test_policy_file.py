"""The file of witnesses as a person wrote it: what is wrong with it is one sentence, before the relay starts."""

from pathlib import Path

import pytest

from astrolabe.cli.failure import CommandError
from astrolabe.cli.policy_file import read_asked_policy, read_policy
from tests.audit_logs import WITNESS_KEYS

ONE, TWO = (each.public.cosigner_text for each in WITNESS_KEYS[:2])
BOTH = "group both all one two\nquorum both"


def policy(folder: Path, text: str) -> Path:
    """A file that says this."""
    file = folder / "witnesses"
    file.write_text(text)
    return file


def test_a_policy_whose_witnesses_can_be_asked(tmp_path: Path) -> None:
    """Those with an address must suffice; for a check nobody needs one."""
    file = policy(tmp_path, f"witness one {ONE} https://one.example/\nwitness two {TWO}\nquorum one")
    assert read_asked_policy(file) == read_policy(file)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nonsense", "line 1: 'nonsense' is none of"),
        (f"witness one {ONE} https://one.example\nwitness two {TWO}\n{BOTH}", "too few for the quorum both"),
        (f"witness one {ONE} ftp://one.example\nquorum one", "witness one: The URL must begin with"),
        (f"witness one {ONE} https://me:secret@one.example\nquorum one", "must hold no user or password"),
    ],
)
def test_a_policy_that_nobody_can_follow(tmp_path: Path, text: str, why: str) -> None:
    """The file is named, and what is wrong in it."""
    with pytest.raises(CommandError, match=why) as refused:
        read_asked_policy(policy(tmp_path, text))
    assert "witnesses: " in str(refused.value.message)


def test_a_policy_that_is_not_there(tmp_path: Path) -> None:
    """Its name, and what the system says."""
    with pytest.raises(CommandError, match="nowhere: cannot be read: No such file"):
        read_policy(tmp_path / "nowhere")
