"""What is raised of an export that does not hold."""


class VerificationFailed(Exception):  # noqa: N818  a finding, not a fault
    """The export does not hold: from this position on, or from one up to `last` where it cannot be narrowed down."""

    def __init__(self, position: int, why: str, last: int | None = None) -> None:
        super().__init__(why)
        self.position: int = position
        self.last: int = position if last is None else last
        self.why: str = why
