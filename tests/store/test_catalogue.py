"""The catalogue: what is built in, and what a user adds without code."""

import pytest

from astrolabe.domain.products.product import Doctor, Migrations, ProductError
from astrolabe.store.products.catalogue import BUILT_IN, Catalogue, load_products

FLAGS = 'name = "flags"\ntitle = "Flags"\n[npm]\npackage = "flags"\nbin = "flags"\n'


def test_the_built_in_products_load():
    """Astra and Unleash come with Astrolabe, and every file of the folder is one of them."""
    products = load_products()
    assert set(products) == {path.stem for path in BUILT_IN.glob("*.toml")} >= {"astra", "unleash"}
    assert products["unleash"].migrations == Migrations("public.migrations", files="dist/migrations/*.js", prefix="/")
    assert products["astra"].doctor == Doctor(("doctor",))


def test_a_user_adds_a_product_and_replaces_one(tmp_path):
    """A file of the user's own is a product, and one under a known name takes its place."""
    (tmp_path / "flags.toml").write_text(FLAGS, "utf-8")
    (tmp_path / "astra.toml").write_text(FLAGS.replace('name = "flags"', 'name = "astra"'), "utf-8")
    products = load_products([tmp_path])
    assert products["flags"].title == "Flags"
    assert products["astra"].title == "Flags"
    assert products["unleash"] == load_products()["unleash"]


def test_a_mistake_is_refused_with_file_and_line(tmp_path):
    """The message begins with where to look."""
    path = tmp_path / "flags.toml"
    path.write_text(FLAGS + "colour = 1\n", "utf-8")
    with pytest.raises(ProductError, match="colour") as caught:
        load_products([tmp_path])
    assert str(caught.value).startswith(f"{path}:6: ")


def test_a_file_is_named_as_its_product(tmp_path):
    """Otherwise nobody would find it."""
    (tmp_path / "other.toml").write_text(FLAGS, "utf-8")
    with pytest.raises(ProductError, match=r"other.toml:1: .*name its file flags.toml"):
        load_products([tmp_path])


def test_what_cannot_be_read_is_refused(tmp_path):
    """A folder that is not there, and a file that is no text, are named."""
    with pytest.raises(ProductError, match="no such folder"):
        load_products([tmp_path / "nowhere"])
    (tmp_path / "flags.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ProductError, match=r"flags\.toml: cannot be read"):
        load_products([tmp_path])


RELEASE = '[[release]]\nversion = "2.0.0"\nnotes = "The column note is gone."\nbreaking = true\n'


def test_releases_lie_beside_their_product(tmp_path):
    """A file of releases is found by its name, and is no product of its own."""
    (tmp_path / "flags.toml").write_text(FLAGS, "utf-8")
    (tmp_path / "flags.releases.toml").write_text(RELEASE, "utf-8")
    products = load_products([tmp_path])
    assert "flags.releases" not in products
    assert [(each.version, each.breaking) for each in products["flags"].release] == [("2.0.0", True)]


def test_a_mistake_in_a_releases_file_is_refused_with_file_and_line(tmp_path):
    """At start-up, like a mistake in a product."""
    (tmp_path / "flags.toml").write_text(FLAGS, "utf-8")
    (tmp_path / "flags.releases.toml").write_text(RELEASE + 'minimum = "two"\n', "utf-8")
    with pytest.raises(ProductError, match=r"flags\.releases\.toml:5: "):
        load_products([tmp_path])


@pytest.mark.parametrize("says", ['[notes]\nfeed = "https://example.invalid/r.json"\n', RELEASE])
def test_releases_come_from_one_place(tmp_path, says):
    """A product that names a feed, or describes releases itself, has no file of releases beside it."""
    (tmp_path / "flags.toml").write_text(FLAGS + says, "utf-8")
    load_products([tmp_path])
    (tmp_path / "flags.releases.toml").write_text(RELEASE, "utf-8")
    with pytest.raises(ProductError, match="keep one of both"):
        load_products([tmp_path])


def test_a_release_is_described_once(tmp_path):
    """Also where the product's own file describes it."""
    (tmp_path / "flags.toml").write_text(FLAGS + RELEASE + RELEASE, "utf-8")
    with pytest.raises(ProductError, match=r"2\.0\.0 is described twice"):
        load_products([tmp_path])


def test_what_is_changed_added_or_taken_away_is_seen_without_a_restart(tmp_path):
    """A process that goes on uses its product files as they are now, releases among them."""
    catalogue = Catalogue([tmp_path])
    assert "flags" not in catalogue.products
    (tmp_path / "flags.toml").write_text(FLAGS, "utf-8")
    assert catalogue.products["flags"].title == "Flags"
    (tmp_path / "flags.toml").write_text(FLAGS.replace("Flags", "Banners"), "utf-8")
    (tmp_path / "flags.releases.toml").write_text(RELEASE, "utf-8")
    assert catalogue.products["flags"].title == "Banners"
    assert [each.version for each in catalogue.products["flags"].release] == ["2.0.0"]
    (tmp_path / "flags.toml").unlink()
    assert "flags" not in catalogue.products
    assert "unleash" in catalogue.products


def test_a_mistake_made_meanwhile_takes_nothing_away(tmp_path, caplog):
    """The files are used as they were, the mistake is told once with file and line, and mended it is used."""
    file = tmp_path / "flags.toml"
    file.write_text(FLAGS, "utf-8")
    catalogue = Catalogue([tmp_path])
    file.write_text(FLAGS + "colour = 1\n", "utf-8")
    assert catalogue.products["flags"].title == "Flags"
    assert catalogue.products["flags"].title == "Flags"
    assert caplog.text.count(f"{file}:6: npm.colour") == 1
    file.write_text(FLAGS.replace("Flags", "Banners"), "utf-8")
    assert catalogue.products["flags"].title == "Banners"


def test_a_mistake_is_refused_when_a_process_begins(tmp_path):
    """What was never read well cannot be used as it was."""
    (tmp_path / "flags.toml").write_text(FLAGS + "colour = 1\n", "utf-8")
    with pytest.raises(ProductError, match="colour"):
        Catalogue([tmp_path])
