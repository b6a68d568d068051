"""Warehouses behind one port; every table write is one transaction with its row in `dataduct.loads`."""
