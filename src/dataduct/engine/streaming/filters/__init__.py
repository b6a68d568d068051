"""Programs between the stages of a task. Each runs as a script of its own and imports the standard library only."""
