"""The processes that make up Astrolabe, and what is done to the log beside them: a file for each set of libraries."""
