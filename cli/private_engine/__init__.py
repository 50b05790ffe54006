"""A container engine of our own, a registry beside it, and images made from what this machine has."""
