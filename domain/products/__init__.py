"""Products: what is deployed, its releases, and the way from one version to another."""
