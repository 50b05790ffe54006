"""The routes of instances and of what they are made from."""
