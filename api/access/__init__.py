"""The routes of tokens."""
