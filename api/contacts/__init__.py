"""Contacts: whom Apprise reaches, over HTTP."""
