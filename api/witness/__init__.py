"""A witness: cosigns the checkpoints of other logs, for whoever asks over HTTP."""
