"""Processes of ours forked from one that has loaded everything, so that they share the memory of it."""
