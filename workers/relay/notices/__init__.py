"""Notifying people: what is due for each contact, sent through Apprise in a process that ends afterwards."""
