"""Webhooks: endpoints, their notifications, and when one is sent again."""
