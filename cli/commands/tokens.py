"""Tokens: create, list, revoke."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from astrolabe.cli.client import Client, path
from astrolabe.cli.confirming import confirm, yes_option
from astrolabe.cli.printing import answer, answer_list
from astrolabe.cli.references import token_id
from astrolabe.cli.table import moment, short, table


@click.group()
def token() -> None:
    """Create and revoke the tokens that the API accepts."""


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    metavar="SCOPE[:LABEL=VALUE,…]",
    help="What it may do, such as read; with instances of certain labels alone, such as operate:team=payments.",
)
@click.option("--expires-in", type=click.IntRange(1, 3650), metavar="DAYS", help="End by itself after so many days.")
@click.option("--person", help="The person that it belongs to; nobody approves what a token of their own asked for.")
@click.option("--service", help="The service that it belongs to, in the place of a person.")
def create(name: str, scopes: tuple[str, ...], expires_in: int | None, person: str | None, service: str | None) -> None:
    """Create a token; it is shown once."""
    asked: dict[str, Any] = {"name": name, "scopes": list(scopes)}
    if expires_in:
        asked["expires_at"] = (datetime.now(UTC) + timedelta(days=expires_in)).isoformat(timespec="seconds")
    asked |= {key: value for key, value in (("person", person), ("service", service)) if value}
    made = Client.from_environment().post("/tokens", asked)
    answer(made, made["secret"])


@token.command("list")
@click.option("--at", help="Those that were in use at a position of the log, or at a time (RFC 3339).")
def list_tokens(at: str | None) -> None:
    """List the tokens in use, or those of an earlier moment: who then had which rights."""
    answer_list(
        Client.from_environment().get("/tokens", at=at)["items"],
        lambda found: table(
            ("TOKEN", "NAME", "OF", "UNTIL", "USED", "MAY"),
            [
                (
                    short(each["id"]),
                    each["name"],
                    each["person"] or each["service"] or "",
                    (each["expires_at"] or "")[:16],
                    moment(each["last_used_at"] or ""),
                    ", ".join(each["scopes"]),
                )
                for each in found
            ],
        ),
    )


@token.command()
@click.argument("token")
@yes_option
def revoke(token: str, *, yes: bool) -> None:
    """Revoke a token, by its name or its id; it is good for nothing at once."""
    client = Client.from_environment()
    found = token_id(client, token)
    confirm(f"Whoever uses the token {token} is refused at once.", yes=yes)
    client.post(path("tokens", found, "revoke"), {})
    answer({"id": found, "revoked": True}, "Revoked.")


COMMANDS = (token,)
