"""`python -m astrolabe.cli.demo`: upgrades a real Unleash and takes it back, on this machine, with everything shown."""

import asyncio
from pathlib import Path

import click

from astrolabe.cli.demo.compose_story import play_with_compose
from astrolabe.cli.demo.story import play_story
from astrolabe.cli.main import run
from astrolabe.cli.servers.folder import data_home
from astrolabe.store.settings import Settings


@click.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Where the demo keeps everything.")
@click.option("--compose", is_flag=True, help="Unleash as a compose project, 6.4.1 to 7.5.1, on a real engine.")
def demo(data: Path | None, compose: bool) -> None:
    """Upgrade a real Unleash from 5.6.0 to 6.10.1 and take it back, on this machine, with everything shown."""
    settings = Settings.read()
    folder = data or settings.demo_data or data_home(settings) / "astrolabe-demo"
    asyncio.run((play_with_compose if compose else play_story)(folder.absolute()))


if __name__ == "__main__":
    run(demo)
