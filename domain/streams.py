"""Streams that are not instances: what Astrolabe records about itself."""

ACCESS_STREAM = "00000000-0000-7000-8000-000000000001"
"""The one stream that all tokens are recorded in."""

WEBHOOKS_STREAM = "00000000-0000-7000-8000-000000000002"
"""The one stream that all endpoints of webhooks are recorded in."""

ACCESS_LOG_STREAM = "00000000-0000-7000-8000-000000000003"
"""The one stream that refused access and reads of the trail are counted in."""

CONTACTS_STREAM = "00000000-0000-7000-8000-000000000004"
"""The one stream that all contacts, whom people's services are reached by, are recorded in."""

WITNESSES_STREAM = "00000000-0000-7000-8000-000000000005"
"""The one stream that records which witnesses do not cosign."""

HOLDS_STREAM = "00000000-0000-7000-8000-000000000006"
"""The one stream that records what must be kept, and what was discarded beside the log."""

OWN_STREAMS = frozenset(
    {ACCESS_STREAM, WEBHOOKS_STREAM, ACCESS_LOG_STREAM, CONTACTS_STREAM, WITNESSES_STREAM, HOLDS_STREAM}
)
"""The streams that no instance may be folded from."""
