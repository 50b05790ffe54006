"""The log itself: appending, reading, the sequence, and the leases on its streams."""
