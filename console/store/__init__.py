"""The store remembers: tables, engine, migrations and the vault."""

from console.store.engine import Store, insert_into

__all__ = ["Store", "insert_into"]
