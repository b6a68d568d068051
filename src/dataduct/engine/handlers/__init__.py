"""One function for each operation."""
