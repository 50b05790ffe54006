"""Programs that Astrolabe starts: where they are, what they inherit, what they say. Only `shell` starts any."""
