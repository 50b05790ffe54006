"""Streams: what is folded from the log, and commands carried out on it."""
