"""Who keeps a gateway's process alive: found, acted through, and watched while the instance is stopped."""
