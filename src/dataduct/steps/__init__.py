"""Step types: one file each, with its properties, their documentation and what it lowers to."""
