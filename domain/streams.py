"""Streams that are not instances: what Astrolabe records about itself."""

from astrolabe.domain.access import ACCESS_STREAM
from astrolabe.domain.webhooks.endpoint import WEBHOOKS_STREAM

OWN_STREAMS = frozenset({ACCESS_STREAM, WEBHOOKS_STREAM})
"""The streams that no instance may be folded from."""
