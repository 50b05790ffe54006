"""Notifying endpoints: one lane for each, so that none waits for another."""
