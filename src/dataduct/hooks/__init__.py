"""The user's own functions, called at points of a run: around connections, and when something has happened."""
