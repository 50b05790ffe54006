"""Notices: what people are sent through Apprise, to whom, and when."""
