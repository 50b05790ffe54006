"""The modules that every stand-in bundles."""

from pathlib import Path


def test_the_real_pg_is_kept_from_one_session_to_the_next(standin_modules: Path) -> None:
    """What an engine without a network packs into its images is fetched before."""
    assert (standin_modules / "pg" / "package.json").is_file()
