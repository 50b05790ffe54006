"""Notices that are to be sent to contacts: noted from the log, taken, and what became of them."""
