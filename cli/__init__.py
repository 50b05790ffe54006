"""The astrolabe command: starts and watches the floors below, and speaks to the API for a person."""
