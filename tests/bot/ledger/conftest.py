from tests.databases import database_url, later, ledger, open_ledger, postgres

__all__ = ["database_url", "later", "ledger", "open_ledger", "postgres"]
