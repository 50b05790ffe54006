"""The demo: one real upgrade and the way back, in front of the user."""
