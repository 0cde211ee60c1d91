"""Pages of listings, with the Link header that clients follow."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from tests.fakes.github.web import Answer, Call

T = TypeVar("T")
MOST = 100


def page(
    call: Call,
    items: Sequence[T],
    shape: Callable[[T], Any],
    within: Callable[[list[Any]], Any] = lambda items: items,
) -> Answer:
    """One page of a listing; only what is on it is given its shape."""
    size = min(positive(call.query.get("per_page"), 30), MOST)
    number = positive(call.query.get("page"), 1)
    last = max(1, -(-len(items) // size))
    part = items[(number - 1) * size : number * size]
    link = ", ".join(f'<{address(call, n)}>; rel="{rel}"' for rel, n in links(number, last))
    return Answer(within([shape(item) for item in part]), headers={"Link": link} if link else {})


def positive(text: str | None, default: int) -> int:
    """GitHub takes what is not a number, or not above 0, for the default."""
    try:
        return max(int(text or ""), 0) or default
    except ValueError:
        return default


def links(number: int, last: int) -> list[tuple[str, int]]:
    before = [("prev", min(number - 1, last)), ("first", 1)] if number > 1 else []
    after = [("next", number + 1), ("last", last)] if number < last else []
    return before[:1] + after + before[1:]


def address(call: Call, number: int) -> str:
    return f"{call.url}?{urlencode({**call.query, 'page': str(number)})}"
