"""Settings of a project: files, modes, variables of the environment, connections, secrets by reference."""
