"""The steps of an upgrade and of the way back, one file a step."""
