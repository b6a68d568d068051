"""Table definitions of a project as a whole: scripts that create, drop and grant, and their picture."""
