"""The hidden line at the end of a comment of ours, by which we know it again. Pure.

``<!-- redline:1 PAYLOAD SIGNATURE -->``: the payload is a JSON list in an alphabet without ``-``
and ``>``, so that no path or rule can end the comment. The signature covers the mark and the
change: a mark that someone copies to another change is not ours.
"""

import base64
import hashlib
import hmac
import json
import re
from dataclasses import astuple

from bot.change import ChangeId
from bot.review import CommentKind, Mark

_MAX = 48 * 1024  # a path of 4,096 control characters, each of them escaped, still fits
_ALPHABET = b"._"  # instead of + and /
_LINE = re.compile(r"<!-- redline:1 ([A-Za-z0-9._=]+) ([0-9a-f]{64}) -->", re.ASCII)


def sign(mark: Mark, change: ChangeId, key: bytes) -> str:
    """The mark as one line without a line end: the last line of a comment's body."""
    text = json.dumps(astuple(mark), ensure_ascii=False, separators=(",", ":"))
    payload = base64.b64encode(text.encode("utf-8", "surrogateescape"), _ALPHABET).decode()
    return f"<!-- redline:1 {payload} {_signature(payload, change, key)} -->"


def read(text: str, change: ChangeId, key: bytes) -> Mark | None:
    """The mark of a body that we wrote for this change, else None; never raises.

    Only the last line counts: text of the change that stands further up may look like a mark.
    """
    line = text[-_MAX:].rstrip().rpartition("\n")[2]
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    payload, signature = found.groups()
    if not hmac.compare_digest(_signature(payload, change, key), signature):
        return None
    return _decode(payload)


def body_hash(visible: str) -> str:
    """16 hex digits for a body without its mark, blind to line ends and outer white space."""
    text = visible.replace("\r\n", "\n").strip()
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _signature(payload: str, change: ChangeId, key: bytes) -> str:
    place = (change.forge, change.repository, change.kind, change.number, change.ref)
    text = json.dumps(["redline mark 1", *place, payload])
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _decode(payload: str) -> Mark | None:
    """A payload of ours; None where another version of Redline wrote what this one cannot read."""
    try:
        text = base64.b64decode(payload, _ALPHABET, validate=True).decode(
            "utf-8", "surrogateescape"
        )
        kind, *rest = json.loads(text)
        return Mark(CommentKind(kind), *rest)
    except (ValueError, TypeError):
        return None
