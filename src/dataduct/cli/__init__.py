"""The command line: one file for each command; `console` is the only place that prints."""
