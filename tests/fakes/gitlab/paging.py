"""Pages of listings: by number with X-Next-Page and Link, or by key with Link alone."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from tests.fakes.gitlab.web import Answer, Call, Refused

T = TypeVar("T")
MOST, USUAL, COUNTED = 100, 20, 10_000


def page(call: Call, items: Sequence[T], shape: Callable[[T], Any]) -> Answer:
    """One page of a listing; only what is on it is given its shape."""
    size = min(max(call.get("per_page", USUAL), 1), MOST)
    number = max(call.get("page", 1), 1)
    last = max(1, -(-len(items) // size))
    part = items[(number - 1) * size : number * size]
    around = [("prev", number - 1), ("next", number + 1), ("first", 1), ("last", last)]
    there = [(rel, at) for rel, at in around if 1 <= at <= last]
    headers = {
        "Link": ", ".join(f'<{address(call, page=at)}>; rel="{rel}"' for rel, at in there),
        "X-Next-Page": str(number + 1) if number < last else "",
        "X-Page": str(number),
        "X-Per-Page": str(size),
        "X-Prev-Page": str(number - 1) if number > 1 else "",
    }
    if len(items) <= COUNTED:  # longer listings are not counted
        headers |= {"X-Total": str(len(items)), "X-Total-Pages": str(last)}
    return Answer([shape(item) for item in part], headers=headers)


def keyset(call: Call, items: Sequence[Any], shape: Callable[[Any], Any]) -> Answer:
    """Items that have an ``id``, in its order, from behind the last one that was seen."""
    if call.get("order_by", "id") != "id":
        text = "Keyset pagination is not yet available for this type of request"
        raise Refused(405, {"error": text})
    size = min(max(call.get("per_page", USUAL), 1), MOST)
    down = call.get("sort", "desc") == "desc"
    rows = sorted(items, key=lambda item: item.id, reverse=down)
    after, before = call.get("id_after"), call.get("id_before")
    rows = [row for row in rows if (after is None or row.id > after)
            and (before is None or row.id < before)]  # fmt: skip
    shown, headers = rows[:size], {}
    if len(rows) > size:
        key = {"id_before" if down else "id_after": shown[-1].id}
        headers["Link"] = f'<{address(call, **key)}>; rel="next"'
    return Answer([shape(row) for row in shown], headers=headers)


def address(call: Call, **other: Any) -> str:
    words = {True: "true", False: "false"}
    given = {**call.given, **other}
    flat = {name: words[value] if isinstance(value, bool) else value
            for name, value in given.items()}  # fmt: skip
    return f"{call.url}?{urlencode(flat)}"
