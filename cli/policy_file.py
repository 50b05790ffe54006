"""A policy of witnesses as a file, which a person wrote."""

from pathlib import Path

from astrolabe.cli.failure import CommandError
from astrolabe.domain.audit.witness_policy import PolicyError, WitnessPolicy, parse_policy
from astrolabe.domain.webhooks.web_address import Forbidden, parse_url


def read_policy(file: Path) -> WitnessPolicy:
    """Read a policy (C2SP tlog-policy); raises CommandError."""
    try:
        return parse_policy(file.read_text("utf-8"))
    except OSError as error:
        raise CommandError(f"{file}: cannot be read: {error.strerror}.") from None
    except (PolicyError, UnicodeDecodeError) as error:
        raise CommandError(f"{file}: {error}.") from None


def read_asked_policy(file: Path) -> WitnessPolicy:
    """Read a policy whose witnesses are to be asked; raises CommandError where that cannot be done."""
    policy = read_policy(file)
    for each in policy.witnesses:
        try:
            parse_url(each.url or "https://none.example")
        except Forbidden as error:
            raise CommandError(f"{file}: witness {each.name}: {error}") from None
    if not policy.suffices({each.name: 0 for each in policy.witnesses if each.url}):
        raise CommandError(f"{file}: the witnesses with an address are too few for the quorum {policy.quorum}.")
    return policy
