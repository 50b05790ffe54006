"""Deliveries: what endpoints are to be sent, what was sent, and the keys it is signed with."""
