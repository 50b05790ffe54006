"""The commands of each kind of deployment, as pure builders of argument vectors."""
