"""Which files a repository's people did not write themselves."""

_VENDORED = frozenset(("vendor", "third_party", "third-party", "node_modules", ".terraform"))


def owned(path: str) -> bool:
    """Whether the file is the repository's own: what lies in a vendored folder is not."""
    return _VENDORED.isdisjoint(path.split("/")[:-1])
