"""Project files written from what a live database holds."""
