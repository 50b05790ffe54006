"""HTTP in and out: every change is a decision appended to the log, every answer a fold of it."""
