"""The worker: one program that carries out what is due on the instances of its host."""
