"""Deliveries: what endpoints are to be told, what was sent, and the keys it is signed with."""
