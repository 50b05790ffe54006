"""A product: what is deployed, as a TOML file beside the worker describes it."""

import re
import tomllib
from string import Formatter
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta, Struct

from astrolabe.domain.products.release import Release, repeated
from astrolabe.domain.words import END, Kind, Name, Port, SettingName

NpmPackage = Annotated[str, Meta(pattern=rf"^(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*{END}", max_length=214)]
BinName = Annotated[str, Meta(pattern=rf"^[a-zA-Z0-9][a-zA-Z0-9._-]{{0,99}}{END}")]
Publisher = Annotated[str, Meta(pattern=rf"^[A-Za-z0-9][A-Za-z0-9._@-]{{0,99}}{END}")]
InsidePath = Annotated[str, Meta(pattern=rf"^(?!.*\.\.)[A-Za-z0-9_*][A-Za-z0-9_./*-]{{0,199}}{END}")]
ImageName = Annotated[
    str,
    Meta(pattern=rf"^([a-zA-Z0-9.-]+(:[0-9]{{1,5}})?/)?[a-z0-9]+([._/-]{{1,2}}[a-z0-9]+){{0,20}}{END}", max_length=200),
]
ImageTag = Annotated[str, Meta(pattern=rf"^[A-Za-z0-9._-]{{0,60}}\{{version\}}[A-Za-z0-9._-]{{0,60}}{END}")]
AbsolutePath = Annotated[str, Meta(pattern=rf"^(?!.*\.\.)/[A-Za-z0-9_@./-]{{0,199}}{END}")]
UrlPath = Annotated[str, Meta(pattern=rf"^/[A-Za-z0-9_./~%?=&-]{{0,199}}{END}")]
FeedUrl = Annotated[str, Meta(pattern=rf"^https?://[^\s@<>\"]{{1,490}}{END}")]
RegistryUrl = Annotated[str, Meta(pattern=rf"^https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?{END}")]
SqlName = Annotated[str, Meta(pattern=rf"^[a-z_][a-z0-9_]{{0,62}}{END}")]
TableName = Annotated[str, Meta(pattern=rf"^[a-z_][a-z0-9_]{{0,62}}\.[a-z_][a-z0-9_]{{0,62}}{END}")]

Path: TypeAlias = tuple[str, ...]
PLACEHOLDERS = ("address", "database_url", "port")


class ProductError(ValueError):
    """A product file with a mistake; the message names file and line."""


class Npm(Struct, frozen=True, forbid_unknown_fields=True):
    """The npm package, and what proves that it is the right one."""

    package: NpmPackage
    """The package's name."""
    bin: BinName | None = None
    """The command that starts the product, as the package names it; null where `entry` does."""
    entry: InsidePath | None = None
    """The file that Node starts, from the package's folder; null where `bin` names a command."""
    registry: RegistryUrl | None = None
    """The registry's URL; null for the one that npm is configured with."""
    repository: str | None = None
    """What the URL of the package's repository must contain, so that no stranger's package is run; null where that is
    not looked at."""
    publisher: Publisher | None = None
    """The account that every version must have been published from; null where that is not looked at."""
    scripts: bool = False
    """Whether the package's install scripts are run."""


class SiblingImage(Struct, frozen=True, forbid_unknown_fields=True):
    """An image of another repository that has every version of the product, and moves with it."""

    repository: ImageName
    """The image's repository, with its registry where that is not the engine's own."""
    tag: ImageTag | None = None
    """The tag of a version, with {version} in it; null where it is as the product's own."""


class Image(Struct, frozen=True, forbid_unknown_fields=True):
    """The container image: its tags, its gateway's port, and where in it the product lies."""

    repository: ImageName
    """The image's repository, with its registry where that is not the engine's own."""
    tag: ImageTag = "{version}"
    """The tag of a version, with {version} in it."""
    port: Port = 8080
    """The port that the gateway serves on inside its container."""
    folder: AbsolutePath | None = None
    """The folder of the product's package inside the image; null where that is not known."""
    command: tuple[str, ...] = ()
    """What the doctor's arguments are given to, inside the gateway's container."""
    siblings: Annotated[tuple[SiblingImage, ...], Meta(max_length=20)] = ()
    """Images of other repositories that have every version of the product: services that have one are members too."""


class StartCommand(Struct, frozen=True, forbid_unknown_fields=True):
    """How the gateway is started: arguments, and environment with {placeholders}."""

    args: tuple[str, ...] = ()
    """The arguments; {address}, {port} and {database_url} are filled in."""
    env: dict[SettingName, str] = {}
    """The environment by name; {address}, {port} and {database_url} are filled in."""


class HealthCheck(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the gateway says that it serves, and what the JSON answer must contain."""

    path: UrlPath = "/health"
    """The path that is asked."""
    contains: dict[str, str] = {}
    """What the JSON answer must hold, by the names that lead to it, joined by dots; where empty, the status alone
    counts."""


class VersionProbe(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the gateway says which version it is: a path, and the dotted field of its JSON answer."""

    path: UrlPath
    """The path that is asked."""
    field: str
    """The field of the JSON answer, its names joined by dots."""


class LogPatterns(Struct, frozen=True, forbid_unknown_fields=True):
    """What the gateway's log says when a migration fails: expressions, a group `reason` holding the cause."""

    failed: tuple[str, ...] = ()
    """Regular expressions of lines that report a failed migration; a group `reason` holds the cause."""


class Migrations(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the product keeps its own migration history, and where its files lie in the package."""

    table: TableName
    """The table of the product's own migration history, as SCHEMA.TABLE."""
    column: SqlName = "name"
    """The column with a migration's name."""
    order: SqlName = "id"
    """The column that orders the migrations."""
    files: InsidePath | None = None
    """The migrations' files in the package, with * for any name; null where they are not known."""
    prefix: str = ""
    """What the table puts before a file's name."""


class Doctor(Struct, frozen=True, forbid_unknown_fields=True):
    """The product's own check after an upgrade: arguments to its command."""

    args: tuple[str, ...]
    """The arguments that the product's command is given."""


class NotesSource(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the notes of releases are had from, unless they stand in NAME.releases.toml beside the product's file."""

    feed: FeedUrl
    """The URL of a JSON list of releases."""


class Product(Struct, frozen=True, forbid_unknown_fields=True):
    """What is deployed and how to handle it."""

    name: Name
    """The product's name, which its file is named after."""
    title: str
    """The product's name for a reader."""
    npm: Npm | None = None
    """The npm package; null where the product is had as an image alone."""
    image: Image | None = None
    """The container image; null where the product is had as a package alone."""
    kinds: tuple[Kind, ...] = ("npx",)
    """How it can be deployed."""
    start: StartCommand = StartCommand()
    """How the gateway is started."""
    health: HealthCheck = HealthCheck()
    """Where the gateway says that it serves."""
    version: VersionProbe | None = None
    """Where the gateway says which version it is; null where it does not say."""
    log: LogPatterns = LogPatterns()
    """What its log says of migrations."""
    migrations: Migrations | None = None
    """Where the product keeps its own migration history; null where it does not."""
    doctor: Doctor | None = None
    """The product's own check after an upgrade; null where it has none."""
    settings: tuple[SettingName, ...] = ()
    """The settings that an instance may have."""
    notes: NotesSource | None = None
    """Where the notes of releases are had from; null where they stand in a file of their own, or nowhere."""
    release: tuple[Release, ...] = ()
    """The releases that are known; most often from a file of their own."""

    @property
    def package(self) -> Npm:
        """Return the npm package of a product whose kinds come from one; no product file lacks what its kinds need."""
        if self.npm is None:
            raise ProductError(f"{self.name} has no [npm]")
        return self.npm

    @property
    def container(self) -> Image:
        """Return the image of a product that is deployed with compose."""
        if self.image is None:
            raise ProductError(f"{self.name} has no [image]")
        return self.image


def parse_product(text: str, filename: str) -> Product:
    """Read a product file; raises ProductError with file and line where it has a mistake."""
    try:
        product = msgspec.convert(tomllib.loads(text), Product)
    except tomllib.TOMLDecodeError as error:
        raise ProductError(f"{filename}:{_line_in(str(error), text)}: {error}") from None
    except msgspec.ValidationError as error:
        raise ProductError(f"{filename}:{line_of(text, _path_in(str(error)))}: {error}") from None
    for complaint, path in _complaints(product):
        raise ProductError(f"{filename}:{line_of(text, path)}: {complaint}")
    return product


def _complaints(product: Product) -> list[tuple[str, Path]]:
    found: list[tuple[str, Path]] = []
    if product.npm and (product.npm.bin is None) == (product.npm.entry is None):
        found.append(("[npm] needs exactly one of bin and entry", ("npm",)))
    found += [(f"the kind {kind} needs {need}", ("kinds",)) for kind, need in _lacking(product)]
    if product.image and product.doctor and not product.image.command:
        found.append(("[image] needs command, for the doctor is asked inside the container", ("image",)))
    values = [(("start", "args"), arg) for arg in product.start.args]
    values += [(("start", "env", name), value) for name, value in product.start.env.items()]
    allowed = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    found += [(f"{value!r} may only use the placeholders {allowed}", path) for path, value in values if _strange(value)]
    if twice := repeated(product.release):
        found.append((f"the release {twice} is described twice", ("release",)))
    if product.notes and product.release:
        found.append(("[notes] names a feed, and releases are described here as well", ("notes",)))
    failed = [each for each in product.log.failed if not _compiles(each)]
    found += [(f"{each!r} is no regular expression", ("log", "failed")) for each in failed]
    return found


def _lacking(product: Product) -> list[tuple[Kind, str]]:
    needs: dict[Kind, tuple[str, bool]] = {
        "npx": ("[npm]", product.npm is not None),
        "cli": ("[npm] with bin", product.npm is not None and product.npm.bin is not None),
        "compose": ("[image]", product.image is not None),
    }
    return [(kind, needs[kind][0]) for kind in product.kinds if not needs[kind][1]]


def _strange(value: str) -> bool:
    try:
        fields = [(name, spec, how) for _, name, spec, how in Formatter().parse(value) if name is not None]
    except ValueError:
        return True
    return any(name not in PLACEHOLDERS or spec or how for name, spec, how in fields)


def _compiles(expression: str) -> bool:
    try:
        re.compile(expression)
    except re.error:
        return False
    return True


def _line_in(message: str, text: str) -> int:
    found = re.search(r"\(at line ([0-9]+),", message)
    return int(found[1]) if found else max(1, len(text.splitlines()))


def _path_in(message: str) -> Path:
    unknown = re.search(r"unknown field `([^`]*)`", message)
    at = re.search(r"`\$\.?([^`]*)`$", message)
    # `args[0]` and `env[...]` are reported where the key stands.
    parts = [part.partition("[")[0] for part in at[1].split(".")] if at else []
    return (*parts, unknown[1]) if unknown else tuple(parts)


def line_of(text: str, path: Path) -> int:
    """Find the line that a key stands on, or else the nearest table around it; 1 where there is neither."""
    table: Path = ()
    best, depth = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        here = _key_of(line.strip(), table)
        if line.strip().startswith("["):
            table = here
        if depth < len(here) <= len(path) and here == path[: len(here)]:
            best, depth = number, len(here)
    return best


def _key_of(line: str, table: Path) -> Path:
    if line.startswith("["):
        return _parts(line.partition("]")[0].strip("["))
    key, equals, _ = line.partition("=")
    return table + _parts(key) if equals and not key.startswith("#") else ()


def _parts(key: str) -> Path:
    return tuple(part.strip().strip("'\"") for part in key.split("."))
