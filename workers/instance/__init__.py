"""One instance on this host: its site, database, process, probe and secrets."""
