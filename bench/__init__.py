"""Measurements: how Astrolabe's log compares, on this machine and in one run, with what else could be used."""
