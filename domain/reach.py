"""Reach: the instances that a scope is for, by their labels."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from typing_extensions import override


class Reach(Struct, frozen=True):
    """All instances, or those that have all the labels of one of several selectors."""

    selectors: tuple[Mapping[str, str], ...] | None = None
    """Labels that an instance must have, all of one of these; None for every instance, empty for none at all."""

    @property
    def is_all(self) -> bool:
        """Whether it is every instance, and whatever belongs to none."""
        return self.selectors is None

    @property
    def is_none(self) -> bool:
        """Whether it is no instance at all."""
        return self.selectors == ()

    def covers(self, labels: Mapping[str, str]) -> bool:
        """Return whether an instance with these labels is among them."""
        return self.selectors is None or any(each.items() <= labels.items() for each in self.selectors)

    @override
    def __str__(self) -> str:
        if self.selectors is None:
            return "all"
        return " or ".join(map(write_labels, self.selectors))


ALL: Final = Reach()


def read_labels(selector: str) -> dict[str, str]:
    """Read labels such as `team=payments,stage=live`."""
    return dict(each.split("=", 1) for each in selector.split(","))


def write_labels(labels: Mapping[str, str]) -> str:
    """Write labels as a selector, by name."""
    return ",".join(f"{name}={value}" for name, value in sorted(labels.items()))
