"""Why a server cannot run."""


class Unavailable(Exception):  # noqa: N818 (reads as a sentence: except Unavailable)
    """A server that cannot run on this machine; the message says why and what to do."""
