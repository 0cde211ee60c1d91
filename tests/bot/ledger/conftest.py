from tests.databases import (
    database_url,
    empty_url,
    later,
    ledger,
    migrated_sqlite,
    open_ledger,
    postgres,
)

__all__ = [
    "database_url",
    "empty_url",
    "later",
    "ledger",
    "migrated_sqlite",
    "open_ledger",
    "postgres",
]
