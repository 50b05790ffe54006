"""Streams that are not instances: what Astrolabe records about itself."""

from domain.access import ACCESS_STREAM
from domain.endpoint import WEBHOOKS_STREAM

OWN_STREAMS = frozenset({ACCESS_STREAM, WEBHOOKS_STREAM})
"""The streams that no instance may be folded from."""
