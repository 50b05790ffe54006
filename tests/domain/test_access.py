"""Tokens: issued, good, and revoked."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace as replaced

from astrolabe.domain.access import (
    ACCESS_DECIDER,
    SCOPES,
    Access,
    AccessRecovered,
    BoundScope,
    IssueToken,
    RecoverAccess,
    RevokeToken,
    Token,
    TokenIssued,
    TokenRevoked,
    decide,
    evolve,
)
from astrolabe.domain.problem import Refused

replay = ACCESS_DECIDER.replay
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
issued = TokenIssued("id-1", "ci", ("read", "operate"), "digest-1")
issue = IssueToken("id-1", "ci", ("read", "operate"), "digest-1", NOW)


def refusal(command, *history):
    """Return the code that a command is refused with."""
    with pytest.raises(Refused) as caught:
        decide(command, replay(history))
    return caught.value.code


def test_a_token_is_issued_and_found_by_its_digest():
    """What is known of a token is its id, its name and what it may do."""
    assert decide(issue, Access()) == (issued,)
    assert replay([issued]).tokens == {"digest-1": Token("id-1", "ci", frozenset({"read", "operate"}))}


def test_whose_a_token_is_and_what_binds_it_are_known():
    """What is bound stands beside the scopes: a process that knows no bounds must not take it for a scope."""
    bound = (BoundScope("operate", {"team": "payments"}),)
    ask = IssueToken("id-1", "phone", ("read",), "digest-1", NOW, bound=bound, person="alice")
    made = TokenIssued("id-1", "phone", ("read",), "digest-1", bound=bound, person="alice")
    assert decide(ask, Access()) == (made,)
    (token,) = replay([made]).tokens.values()
    assert (token.owner, token.bound) == ("person:alice", bound)
    assert Token("id-2", "robot", frozenset(), service="ci").owner == "service:ci"
    assert Token("id-3", "old", frozenset()).owner is None


def test_a_name_in_use_is_refused():
    """The name is the actor in the log, so two good tokens never share one."""
    assert refusal(IssueToken("id-2", "ci", ("read",), "digest-2", NOW), issued) == "token-exists"


def test_a_revoked_token_is_good_for_nothing_and_its_name_is_free():
    """After a revocation the digest is unknown and the name may be used again."""
    assert decide(RevokeToken("id-1"), replay([issued])) == (TokenRevoked("id-1"),)
    access = replay([issued, TokenRevoked("id-1")])
    assert access.tokens == {}
    again = IssueToken("id-2", "ci", ("read",), "digest-2", NOW)
    assert decide(again, access) == (TokenIssued("id-2", "ci", ("read",), "digest-2"),)


def test_only_a_token_in_use_is_revoked():
    """An unknown id and one that was revoked before are refused alike."""
    assert refusal(RevokeToken("id-1")) == "token-unknown"
    assert refusal(RevokeToken("id-1"), issued, TokenRevoked("id-1")) == "token-unknown"


def test_the_last_token_with_the_scope_admin_stays():
    """Nobody could make another one; with a second admin in use either may go, and then the other stays."""
    first, second = TokenIssued("id-1", "ann", SCOPES, "digest-1"), TokenIssued("id-2", "bob", ("admin",), "digest-2")
    other = TokenIssued("id-3", "ci", ("read",), "digest-3")
    assert refusal(RevokeToken("id-1"), first, other) == "last-admin-token"
    assert decide(RevokeToken("id-1"), replay([first, second])) == (TokenRevoked("id-1"),)
    assert refusal(RevokeToken("id-2"), first, second, TokenRevoked("id-1")) == "last-admin-token"


def test_a_token_ends_by_itself():
    """From that moment on it is good for nothing, its name is free, and it is nobody's last way in."""
    soon = NOW + timedelta(hours=1)
    (ending,) = decide(IssueToken("id-2", "ci", ("admin",), "digest-2", NOW, soon), Access())
    (token,) = replay([ending]).tokens.values()
    assert (token.is_good(NOW), token.is_good(soon)) == (True, False)
    assert refusal(issue, ending) == "token-exists"
    assert decide(replaced(issue, at=soon), replay([ending])) == (issued,)
    lasting = TokenIssued("id-3", "ann", SCOPES, "digest-3")
    assert refusal(RevokeToken("id-3"), lasting, ending) == "last-admin-token"
    assert decide(RevokeToken("id-2"), replay([lasting, ending])) == (TokenRevoked("id-2"),)


def test_whoever_has_the_log_gets_in_past_the_tokens_in_use_and_it_is_in_the_log():
    """What was lost stays in use until it is revoked; the first event says that nobody was asked."""
    (loud, made) = decide(RecoverAccess("id-2", "recovered", "digest-2", NOW), replay([issued]))
    assert (loud, made) == (AccessRecovered("id-2", 1), TokenIssued("id-2", "recovered", SCOPES, "digest-2"))
    assert set(replay([issued, loud, made]).tokens) == {"digest-1", "digest-2"}


def test_revoking_one_leaves_the_others():
    """Tokens do not depend on one another."""
    other = TokenIssued("id-2", "ops", SCOPES, "digest-2")
    access = replay([issued, other, TokenRevoked("id-1")])
    assert [token.name for token in access.tokens.values()] == ["ops"]


def test_folding_never_refuses():
    """Revoking what is not there changes nothing, and folding goes on from where it was."""
    access = replay([issued])
    assert evolve(access, TokenRevoked("id-9")) == access
    assert replay([TokenRevoked("id-1")], access) == replay([issued, TokenRevoked("id-1")])
