"""The routes of upgrades."""
