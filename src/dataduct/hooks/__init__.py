"""Python of the user's that is called at points of a run: files in the project's `hooks/` and entry points."""
