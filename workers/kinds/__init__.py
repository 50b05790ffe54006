"""One file a kind of deployment."""
