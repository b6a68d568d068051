"""Projects of the first Dataduct, read and reported on."""
