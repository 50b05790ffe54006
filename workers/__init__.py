"""Effects: what is due in the log is carried out here, and what happened is reported to it."""
