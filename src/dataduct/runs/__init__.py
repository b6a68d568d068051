"""What happened: runs, step runs, attempts, verdicts, events."""
