"""The fleet as a whole, and when what is shown of it has changed."""
