"""Rows in and out of other systems, behind the Reader port."""
