"""Files: where datasets rest, and their manifests."""
