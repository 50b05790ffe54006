"""Product files: the built-in ones beside this file, and folders of the user's."""
