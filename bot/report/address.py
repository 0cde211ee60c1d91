"""Where the pages of a change are: addresses that nobody can guess. Pure.

``/reviews/github/123/7/SIGNATURE`` shows the newest review of a change, and with a commit or the
number of a review behind it that one. The signature covers the change alone: one address serves
all its reviews, and who was given it may read them.
"""

import base64
import hashlib
import hmac
import json
import re

from bot.change import ChangeId, ForgeName, Kind

_SIGNS = 32  # hex digits of the signature
_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_LONGEST_REF = 1400  # signs, coded


def address(public_url: str, change: ChangeId, key: bytes, which: str = "") -> str:
    """The page of a change, or of one review of it; ``""`` where nobody could reach it."""
    if not (public_url and key):
        return ""
    return public_url.rstrip("/") + path(change, key, which)


def path(change: ChangeId, key: bytes, which: str = "") -> str:
    """The same page, below the address of this server."""
    place = f"/reviews/{change.forge}/{change.repository}/{_name(change)}/{signature(change, key)}"
    return f"{place}/{which}" if which else place


def signature(change: ChangeId, key: bytes) -> str:
    """What only we can have written for this change."""
    place = (change.forge, change.repository, change.kind, change.number, change.ref)
    text = json.dumps(["redline report 1", *place])
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:_SIGNS]


def change_of(forge: str, repository: str, name: str, signed: str, key: bytes) -> ChangeId | None:
    """The change that an address names, where its signature is ours for it; else None."""
    change = _parsed(forge, repository, name)
    if change is None or not key or not signed.isascii():
        return None
    return change if hmac.compare_digest(signature(change, key), signed) else None


def _name(change: ChangeId) -> str:
    """The number of a change; a merge group has its ref instead, coded."""
    if change.kind is Kind.CHANGE:
        return str(change.number)
    return "group-" + base64.urlsafe_b64encode(change.ref.encode()).decode().rstrip("=")


def _parsed(forge: str, repository: str, name: str) -> ChangeId | None:
    if forge not in (ForgeName.GITHUB, ForgeName.GITLAB) or not _NUMBER.fullmatch(repository):
        return None
    if _NUMBER.fullmatch(name):
        return ChangeId(ForgeName(forge), int(repository), Kind.CHANGE, int(name))
    coded = name.removeprefix("group-")
    if coded == name or len(coded) > _LONGEST_REF:
        return None
    try:
        ref = base64.b64decode(coded + "=" * (-len(coded) % 4), b"-_", validate=True).decode()
    except ValueError:
        return None
    return ChangeId(ForgeName(forge), int(repository), Kind.MERGE_GROUP, 0, ref)
