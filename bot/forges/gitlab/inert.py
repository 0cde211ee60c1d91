"""Every body that goes to GitLab: no line of it is a quick action. Pure.

A note's line that begins with ``/`` runs with our rights. In older releases neither HTML comments
nor every fence protect a line, so none is relied upon: wherever such a line stands, a backslash
goes before its slash.
"""

import re

_FENCE = re.compile(r"[ \t]{0,3}(`{3,}|~{3,})[ \t]*(suggestion\b)?")
_ACTION = re.compile(r"((?:\A|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])\s*)/")


def inert(body: str) -> str:
    """The body, shown as before. A suggestion with such a line becomes plain code: no backslash
    of ours may be committed.
    """
    return _ACTION.sub(r"\1\\/", _offered(body)) if _ACTION.search(body) else body


def _offered(body: str) -> str:
    lines = body.split("\n")
    for start, line in enumerate(lines):
        opening = _FENCE.match(line)
        if not opening or not opening[2]:
            continue
        ends = (n for n in range(start + 1, len(lines)) if lines[n].strip() == opening[1])
        inside = lines[start + 1 : next(ends, len(lines))]
        if any(one.lstrip().startswith("/") for one in inside):
            lines[start] = line[: opening.end(1)]
    return "\n".join(lines)
