"""Dataduct: define ETL pipelines in YAML and run them anywhere."""

__version__ = "1.0.0a1"
