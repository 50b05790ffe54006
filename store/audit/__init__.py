"""The tree over the log, its checkpoints, and the trail as auditors take it away."""
