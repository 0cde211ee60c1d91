"""A Kubernetes quantity (``500m``, ``1.5Gi``, ``1e3``) as an exact number.

Reference: apimachinery/pkg/api/resource/quantity.go. What it accepts is accepted here, with the
same end: nothing beyond 2^63-1, nothing finer than a billionth, which is rounded up.
"""

import re
from decimal import ROUND_UP, Context, Decimal

from rules.subjects.scalar import Value
from rules.subjects.yaml import Node, Scalar

LARGEST = Decimal((1 << 63) - 1)
FINEST = Decimal("1e-9")
_LONGEST = 128  # signs; longer ones are refused, whatever they say
_EXACT = Context(prec=400)
_BIGGEST_EXPONENT = 200  # beyond it, whatever the digits say, one of the two ends applies
_FORM = re.compile(r"([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)(?:([eE][+-]?[0-9]+)|([A-Za-z]{0,2}))")
_UNITS = {
    "": Decimal(1),
    **{unit: Decimal(10) ** (3 * n - 9) for n, unit in enumerate("num")},
    **{unit: Decimal(1000) ** n for n, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": Decimal(1024) ** n for n, unit in enumerate("KMGTPE", 1)},
}


def parse(text: str) -> Decimal | None:
    """The number that a quantity stands for; None where the API server would refuse it."""
    found = _FORM.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    sign, digits, exponent, suffix = found.groups()
    unit = _power(exponent) if exponent else _UNITS.get(suffix)
    if unit is None:
        return None
    size = min(_EXACT.multiply(Decimal(digits), unit), LARGEST)
    exact = size.quantize(FINEST, rounding=ROUND_UP, context=_EXACT)
    return -exact if sign == "-" and exact else exact


def _power(exponent: str) -> Decimal:
    digits = exponent[1:].lstrip("+-0") or "0"
    size = int(digits) if len(digits) < 4 else _BIGGEST_EXPONENT
    size = min(size, _BIGGEST_EXPONENT)
    return Decimal(10) ** (-size if exponent[1] == "-" else size)


def read(node: Node | None) -> Decimal | None:
    """The quantity that a value of a manifest is; None where it is none.

    Numbers need no quotes: ``cpu: 0.5`` and ``cpu: "0.5"`` are the same.
    """
    if not isinstance(node, Scalar):
        return None
    return _number(node.text, node.value)


def _number(text: str, value: Value) -> Decimal | None:
    if isinstance(value, str):
        return parse(value)
    if value is None or isinstance(value, bool):
        return None
    # Not by way of a float, where one can do without: 0.1 is not a tenth there.
    plain = parse(text) if isinstance(value, float) else None
    return parse(str(value)) if plain is None else plain
