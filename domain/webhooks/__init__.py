"""Webhooks: endpoints, what they are told, and when again."""
