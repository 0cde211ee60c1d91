"""Letters that YAML and JSON write in another way."""

import re
from base64 import b64decode

_HALVES = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)


def binary(text: str) -> str:
    """What a ``!!binary`` value or key is to Kubernetes; itself where it is no base64."""
    try:
        return b64decode("".join(text.split()), validate=True).decode()
    except ValueError:
        return text


def joined(text: str) -> str:
    """Signs beyond U+FFFF made whole: JSON writes two halves, which YAML refuses."""
    return _HALVES.sub(_sign, text)


def _sign(pair: re.Match[str]) -> str:
    high, low = (int(half, 16) for half in pair.groups())
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
