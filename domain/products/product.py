"""A product: what is deployed, as a TOML file beside the worker describes it."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from astrolabe.domain.instances.file_rules import FileRules
from astrolabe.domain.products.release import Release
from astrolabe.domain.words import END, Kind, Name, Port, SettingName

NpmPackage = Annotated[
    str,
    Meta(
        pattern=rf"^(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*{END}",
        max_length=214,
        description="an npm package's name",
    ),
]
BinName = Annotated[
    str, Meta(pattern=rf"^[a-zA-Z0-9][a-zA-Z0-9._-]{{0,99}}{END}", description="a command's name without a path")
]
Publisher = Annotated[str, Meta(pattern=rf"^[A-Za-z0-9][A-Za-z0-9._@-]{{0,99}}{END}", description="an account's name")]
InsidePath = Annotated[
    str,
    Meta(
        pattern=rf"^(?!.*\.\.)[A-Za-z0-9_*][A-Za-z0-9_./*-]{{0,199}}{END}",
        description="a path inside the package, without ..",
    ),
]
ImageName = Annotated[
    str,
    Meta(
        pattern=rf"^([a-zA-Z0-9.-]+(:[0-9]{{1,5}})?/)?[a-z0-9]+([._/-]{{1,2}}[a-z0-9]+){{0,20}}{END}",
        max_length=200,
        description="an image's repository without a tag",
    ),
]
_TAG = "[A-Za-z0-9._-]{0,60}"
ImageTag = Annotated[
    str,
    Meta(
        pattern=rf"^{_TAG}(\{{version\}}|\{{major\}}({_TAG}\{{minor(:02)?\}}({_TAG}\{{patch(:02)?\}})?)?){_TAG}{END}",
        description="a tag with {version} in it, or with {major}, {minor} and {patch}, the last of which may lack",
    ),
]
AbsolutePath = Annotated[
    str, Meta(pattern=rf"^(?!.*\.\.)/[A-Za-z0-9_@./-]{{0,199}}{END}", description="an absolute path, without ..")
]
KeptPath = Annotated[
    str,
    Meta(
        pattern=rf"^(?!.*\.\.)/?[A-Za-z0-9_.][A-Za-z0-9_./-]{{0,199}}{END}",
        description="a folder's path, from / or from the gateway's folder, without ..",
    ),
]
UrlPath = Annotated[
    str, Meta(pattern=rf"^/[A-Za-z0-9_./~%?=&-]{{0,199}}{END}", description="the path of a URL, which begins with /")
]
FeedUrl = Annotated[
    str, Meta(pattern=rf"^https?://[^\s@<>\"]{{1,490}}{END}", description="an http or https URL without a password")
]
RegistryUrl = Annotated[
    str,
    Meta(
        pattern=rf"^https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?{END}",
        description="an http or https URL without a password or query",
    ),
]
SqlName = Annotated[
    str, Meta(pattern=rf"^[a-z_][a-z0-9_]{{0,62}}{END}", description="a name in lower case letters, digits and _")
]
TableName = Annotated[
    str,
    Meta(
        pattern=rf"^[a-z_][a-z0-9_]{{0,62}}\.[a-z_][a-z0-9_]{{0,62}}{END}",
        description="SCHEMA.TABLE in lower case letters, digits and _",
    ),
]


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
    """The tag of a version, with {version} in it; where a product's versions have fewer parts, or are dates, with
    {major}, {minor} and {patch}, or {minor:02} for two digits. That is also how it may say its version."""
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
    """The arguments; {address}, {port}, {database_url}, and {database_host}, {database_port}, {database_name},
    {database_user} and {database_password} are filled in."""
    env: dict[SettingName, str] = {}
    """The environment by name, filled in as the arguments are."""
    before: tuple[str, ...] = ()
    """The arguments, filled in likewise, of a command of the product's that migrates: of kind npx it runs to its end,
    once in each upgrade, before the new version is started; empty where the gateway migrates as it starts."""


class WorkerCommand(Struct, frozen=True, forbid_unknown_fields=True):
    """A process that works beside the gateway, on the same database; of kind npx.

    It is started once others are let in, and ended before the database is copied.
    """

    name: Name
    """Its name."""
    args: tuple[str, ...]
    """The arguments that the product's command is given, filled in as those of the gateway; its environment is the
    gateway's."""


class HealthCheck(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the gateway says that it serves, and what the JSON answer must hold; or what shows one without a port."""

    path: UrlPath = "/health"
    """The path that is asked."""
    contains: dict[str, str] = {}
    """What the JSON answer must hold, by the names that lead to it, joined by dots; where empty, the status alone
    counts."""
    by: Literal["http", "process"] = "http"
    """What is asked: `http`, the port; or `process`, of a product without one: its process must go on running, and do
    what `log` and `query` say. Without either it is at its work once it has run for two seconds."""
    log: str | None = None
    """By `process`, a regular expression of what it says once it is at its work; null where nothing does."""
    query: str | None = None
    """By `process`, a query whose first value is true once it is at its work, asked of the instance's database, as its
    role and read only; null where nothing is asked."""


class VersionProbe(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the gateway says which version it is: a path, and the dotted field of its JSON answer, or all of that.

    A `v` before the number is no part of the version.
    """

    path: UrlPath
    """The path that is asked."""
    field: str | None = None
    """The field of the JSON answer, its names joined by dots; null where the whole answer is the version, as a JSON
    string or as plain text."""


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


class ProductFiles(Struct, frozen=True, forbid_unknown_fields=True):
    """What every deployment keeps beside its database: paths from / in a container, or from a gateway's folder."""

    keep: Annotated[tuple[KeptPath, ...], Meta(max_length=50)] = ()
    """Folders that go back with the database: from / in the containers of kind compose, otherwise from the folder that
    an instance of kind npx names."""
    leave: Annotated[tuple[KeptPath, ...], Meta(max_length=50)] = ()
    """Folders that no rollback brings back, such as caches: an older version goes on with them as they are."""

    def in_containers(self) -> FileRules:
        """Return what is said of folders in containers."""
        return FileRules(*(tuple(each for each in said if each.startswith("/")) for said in (self.keep, self.leave)))

    def below(self, folder: str) -> FileRules:
        """Return what is said of the folder that a gateway is started in."""
        said = ([f"{folder}/{each}" for each in said if not each.startswith("/")] for said in (self.keep, self.leave))
        return FileRules(*map(tuple, said))


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
    workers: Annotated[tuple[WorkerCommand, ...], Meta(max_length=20)] = ()
    """What runs beside the gateway; of kind compose the project says that."""
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
    files: ProductFiles = ProductFiles()
    """Which folders beside the database belong to a rollback point, and which never do."""
    notes: NotesSource | None = None
    """Where the notes of releases are had from; null where they stand in a file of their own, or nowhere."""
    release: tuple[Release, ...] = ()
    """The releases that are known; most often from a file of their own."""

    @property
    def version_form(self) -> str:
        """Return how it writes its versions."""
        return self.image.tag if self.image else "{version}"

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
