import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astrolabe.domain.audit.checkpoint import Checkpoint, open_checkpoint, read_checkpoint, sign_checkpoint
from astrolabe.domain.audit.merkle import EMPTY
from astrolabe.domain.audit.note import (
    NoteError,
    PrivateKey,
    UnknownKey,
    parse_note,
    parse_private_key,
    parse_public_key,
    write_note,
)

# The example of the specification and of Go's package.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
RAW = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
SIGNED = f"{TEXT}\n\u2014 PeterNeumann {RAW}\n"

KEY = PrivateKey("astrolabe-test", bytes(range(32)))
OTHER = PrivateKey("astrolabe-test", bytes(range(1, 33)))
SIX = Checkpoint("astrolabe-test", 6, bytes(range(32)))
NOTE = sign_checkpoint(SIX, [KEY], 1_700_000_000)


def test_the_example_of_the_specification() -> None:
    """The example verifies with its key, and is what its private key makes."""
    key = parse_public_key(NEUMANN)
    assert key.text == NEUMANN
    assert key.verifies(parse_note(SIGNED))
    secret = parse_private_key(SECRET)
    assert (secret.text, secret.public) == (SECRET, key)
    assert write_note(TEXT, [secret.sign(TEXT)]) == SIGNED


def test_the_example_with_another_word_does_not_verify() -> None:
    """A text that was changed is not signed."""
    with pytest.raises(NoteError, match="does not fit"):
        parse_public_key(NEUMANN).verifies(parse_note(SIGNED.replace("answer", "answers")))


def test_a_checkpoint_states_size_root_and_time() -> None:
    """A checkpoint is read with its key, and says when it was signed."""
    proven = open_checkpoint(NOTE, [KEY.public])
    assert (proven.checkpoint, proven.time) == (SIX, 1_700_000_000)
    assert NOTE.startswith(f"astrolabe-test\n6\n{base64.b64encode(bytes(range(32))).decode()}\n\n")
    assert open_checkpoint(
        sign_checkpoint(Checkpoint("x", 0, EMPTY), [PrivateKey("x", KEY.seed)], 0), [PrivateKey("x", KEY.seed).public]
    )


def test_keys_that_overlap_sign_together() -> None:
    """During a rotation whoever knows either key is satisfied, and whoever knows neither is not."""
    both = sign_checkpoint(SIX, [KEY, OTHER], 1)
    assert open_checkpoint(both, [KEY.public]) == open_checkpoint(both, [OTHER.public])
    with pytest.raises(UnknownKey):
        open_checkpoint(NOTE, [OTHER.public])


def test_a_key_of_another_name_proves_nothing() -> None:
    """A checkpoint of one log signed by another log's key is not the log's own."""
    stranger = PrivateKey("stranger", KEY.seed)
    with pytest.raises(UnknownKey):
        open_checkpoint(sign_checkpoint(SIX, [stranger], 1), [stranger.public])


@given(st.integers(0, 8 * len(NOTE.encode()) - 1))
def test_no_changed_bit_says_anything_else(bit: int) -> None:
    """Whatever bit is changed, the checkpoint is refused; or only who stated the time is no longer known."""
    raw = bytearray(NOTE.encode())
    raw[bit // 8] ^= 1 << bit % 8
    try:
        proven = open_checkpoint(raw.decode(), [KEY.public])
    except (NoteError, UnicodeDecodeError):
        return
    assert (proven.checkpoint, proven.time) == (SIX, None)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "\n",
            "a\n",
            "a\n\n",
            "a\n\n\n",
            "\u2014 a AAAAAAAA\n",
            f"a\n\n\u2014 a+b {'A' * 8}\n",
            "a\n\n- a AAAAAAAA\n",
        ),
        *("a\n\n\u2014 a AAAA\n", "a\n\n\u2014 a AAAAAAAA", "a\x00\n\n\u2014 a AAAAAAAA\n", "a\n\n\u2014 a AAAAAAB=\n"),
    ],
)
def test_what_is_no_note(text: str) -> None:
    """A text that is no signed note is refused in one sentence."""
    with pytest.raises(NoteError, match="not a signed note"):
        parse_note(text)


@pytest.mark.parametrize(
    "text", ["o\n1\n", "o\n01\nx\n", "o\n-1\nx\n", "\n1\nx\n", "o p\n1\nx\n", f"o\n1\n{'A' * 44}\n"]
)
def test_what_is_no_checkpoint(text: str) -> None:
    """A note that is no checkpoint is refused in one sentence."""
    with pytest.raises(NoteError, match="not a checkpoint"):
        read_checkpoint(parse_note(write_note(text, [KEY.sign(text)])))


@pytest.mark.parametrize(
    "text", ["", "a", "a+b+c", NEUMANN[:-1], NEUMANN.replace("c74f", "c74e"), NEUMANN + "=", "+" + NEUMANN]
)
def test_what_is_no_key(text: str) -> None:
    """A text that is no key is refused, a damaged one too."""
    with pytest.raises(NoteError):
        parse_public_key(text)
    with pytest.raises(NoteError):
        parse_private_key(f"PRIVATE+KEY+{text}")
