"""The wire: what a connection may cost before anybody is asked who speaks."""
