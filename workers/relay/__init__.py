"""The relay: one program that follows the log, notifies workers and endpoints, and signs checkpoints."""
