"""TALKS: to forges and to people."""
