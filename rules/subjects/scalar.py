"""What a plain scalar means to Kubernetes: YAML 1.1, as sigs.k8s.io/yaml resolves it."""

import re

Value = str | int | float | bool | None

_TRUE = frozenset(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"))
_FALSE = frozenset(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"))
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BASES = {"0x": 16, "0o": 8, "0b": 2}
_DIGITS = {
    16: re.compile(r"[0-9a-fA-F]+"),
    10: re.compile(r"[0-9]+"),
    8: re.compile(r"[0-7]+"),
    2: re.compile(r"[01]+"),
}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_LONGEST = 64  # signs of a number: 2^64 in binary; longer ones stay text

_KINDS = "tag:yaml.org,2002:"


def resolve(text: str, plain: bool, tag: str | None) -> Value:
    """The value of a scalar. Never raises: what is no number or word of YAML is a text."""
    if tag == _KINDS + "str" or tag == "!":
        return text
    if not plain and tag not in (
        _KINDS + "int",
        _KINDS + "bool",
        _KINDS + "null",
        _KINDS + "float",
    ):
        return text
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    return _number(text)


def _number(text: str) -> Value:
    if len(text) > _LONGEST or text[0] not in "+-.0123456789":
        return text
    digits = text.replace("_", "").lower()
    whole = _whole(digits)
    if whole is not None:
        return whole
    return float(digits) if _FLOAT.fullmatch(digits) else text


def _whole(digits: str) -> int | None:
    sign = -1 if digits.startswith("-") else 1
    bare = digits[1:] if digits[:1] in ("+", "-") else digits
    base = _BASES.get(bare[:2], 8 if bare[:1] == "0" and len(bare) > 1 else 10)
    if bare[:2] in _BASES:
        bare = bare[2:]
    return sign * int(bare, base) if _DIGITS[base].fullmatch(bare) else None
