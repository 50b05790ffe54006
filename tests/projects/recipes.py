"""The products that are proven as compose projects."""

from typing import Final

from tests.projects.directus import DIRECTUS
from tests.projects.prefect import PREFECT
from tests.projects.recipe import Recipe

RECIPES: Final[dict[str, Recipe]] = {each.name: each for each in (DIRECTUS, PREFECT)}
