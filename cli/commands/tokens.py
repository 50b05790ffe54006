"""Tokens: create, list, revoke."""

import click

from astrolabe.cli.client import Client, path
from astrolabe.domain.access import SCOPES


@click.group()
def token() -> None:
    """Create and revoke the tokens that the API accepts."""


@token.command()
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="What it may do.")
def create(name: str, scopes: tuple[str, ...]) -> None:
    """Create a token; it is shown once."""
    click.echo(Client.from_environment().post("/tokens", {"name": name, "scopes": list(scopes)})["secret"])


@token.command("list")
def list_tokens() -> None:
    """List the tokens in use."""
    for each in Client.from_environment().get("/tokens")["items"]:
        click.echo(f"{each['id']}  {each['name']:<24} {', '.join(each['scopes'])}")


@token.command()
@click.argument("token_id")
def revoke(token_id: str) -> None:
    """Revoke a token; it is good for nothing at once."""
    Client.from_environment().post(path("tokens", token_id, "revoke"), {})
    click.echo("Revoked.")


COMMANDS = (token,)
