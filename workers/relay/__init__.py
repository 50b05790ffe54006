"""The relay: one program that follows the log, tells workers and endpoints, and signs checkpoints."""
