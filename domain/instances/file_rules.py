"""File rules: which files beside the database belong to a rollback point, and which never do."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from astrolabe.domain.words import Folder

Rule = Literal["keep", "leave"]


class FileRules(Struct, frozen=True, forbid_unknown_fields=True):
    """What is said of folders; of two that lie in each other the inner one counts for what is in it."""

    keep: Annotated[tuple[Folder, ...], Meta(max_length=50)] = ()
    """Folders that are copied with the database and go back with it: in the containers of a compose project, on the
    host for every other kind."""
    leave: Annotated[tuple[Folder, ...], Meta(max_length=50)] = ()
    """Folders that no rollback brings back, such as caches: an older version goes on with what a newer one has made of
    them."""

    def __post_init__(self) -> None:
        """Refuse rules that contradict each other."""
        if both := sorted({plain(each) for each in self.keep} & {plain(each) for each in self.leave}):
            raise ValueError(f"{both[0]} is to be kept and to be left; name it once")


class Mount(Struct, frozen=True):
    """A folder that a container may write to and that outlives it."""

    service: str
    destination: str
    """Where it is in the container."""
    source: str
    """Where it is on the engine's host."""
    name: str
    """The volume's name, or the folder's path."""
    here: bool = True
    """Whether it is seen to be that folder of this worker's host."""


class KeptFolder(Struct, frozen=True):
    """A folder on the host that is copied, and what in it is not, from that folder on."""

    root: str
    leave: tuple[str, ...] = ()


Rules = dict[str, Rule]


def plain(path: str) -> str:
    """Return a path as all others are compared with it."""
    return "/" + "/".join(part for part in path.split("/") if part not in {"", "."})


def combined(product: FileRules, instance: FileRules, outside: tuple[str, ...] = ()) -> Rules:
    """Return what is said of each folder; what the instance says comes before what the product does."""
    said: Rules = {}
    for rules in (product, FileRules(leave=outside), instance):
        said.update({plain(each): "keep" for each in rules.keep})
        said.update({plain(each): "leave" for each in rules.leave})
    return said


def rule_for(path: str, rules: Rules) -> Rule | None:
    """Return what is said of a folder, or of the nearest around it; None where nobody said anything."""
    around = [each for each in rules if _within(path, each)]
    return rules[max(around, key=len)] if around else None


def unsettled(mounts: list[Mount], rules: Rules) -> list[Mount]:
    """Return the mounts of folders of which nobody has said whether they belong to a rollback point."""
    settled = {each.source for each in mounts if rule_for(plain(each.destination), rules)}
    return [each for each in mounts if each.source not in settled]


def kept_in_mounts(mounts: list[Mount], rules: Rules) -> tuple[KeptFolder, ...]:
    """Return the folders of a host that belong to a rollback point, none of them twice or within another."""
    found = {each.root: each for mount in mounts for each in _kept(mount.destination, mount.source, rules)}
    return _outermost(found)


def kept_on_host(rules: Rules) -> tuple[KeptFolder, ...]:
    """Return the same where nothing is mounted, and folders have the names that the rules give them."""
    return _outermost({each.root: each for each in _kept("/", "/", rules)})


def _kept(destination: str, source: str, rules: Rules) -> Iterator[KeptFolder]:
    top = plain(destination)
    inside = [each for each in rules if each != top and _within(each, top)]
    for path in (top, *inside):
        if rule_for(path, rules) == "keep" and (path == top or rule_for(_parent(path), rules) != "keep"):
            left = [each for each in inside if rules[each] == "leave" and each != path and _within(each, path)]
            root = plain(f"{source}/{path.removeprefix(top)}")
            yield KeptFolder(root, tuple(sorted(each.removeprefix(path).lstrip("/") for each in left)))


def _outermost(found: dict[str, KeptFolder]) -> tuple[KeptFolder, ...]:
    return tuple(found[root] for root in sorted(found) if not any(_holds(each, root) for each in found.values()))


def _holds(folder: KeptFolder, root: str) -> bool:
    left = any(_within(root, plain(f"{folder.root}/{each}")) for each in folder.leave)
    return root != folder.root and _within(root, folder.root) and not left


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
