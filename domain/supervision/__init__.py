"""Who keeps a gateway's process alive: supervisors, how each is spoken to, and what their answers mean."""
