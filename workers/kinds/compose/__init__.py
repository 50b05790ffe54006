"""The kind `compose`: a project of the user's on a container engine."""
