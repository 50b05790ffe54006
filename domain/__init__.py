"""What may happen to an instance, and what it then is: pure, with no clock, no ids and no I/O of its own."""
