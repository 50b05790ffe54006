"""Astrolabe: an event-sourced upgrade control plane for self-hosted services that keep their data in PostgreSQL."""
