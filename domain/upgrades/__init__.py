"""Upgrades: the events, states and rules of an instance's stream."""
