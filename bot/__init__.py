"""TALKS: to forges and to people."""

VERSION = "0.1.0"
