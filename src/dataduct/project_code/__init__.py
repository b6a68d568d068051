"""Python files of a project, whatever they are for: importing them, and telling Python 2 from Python 3."""
