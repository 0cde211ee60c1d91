"""Deliveries and changes as the tests' sentences name them."""

import itertools
from typing import Any

from bot.change import ChangeId, ForgeName, Kind
from bot.hooks.delivery import Asked, Delivery, Wish

A, B, C = "a" * 40, "b" * 40, "c" * 40
_ids = itertools.count()


def change(number: int = 1, repository: int = 7) -> ChangeId:
    return ChangeId(ForgeName.GITHUB, repository, Kind.CHANGE, number)


def delivery(wish: Wish, head: str = "", /, **fields: Any) -> Delivery:
    values: dict[str, Any] = {
        "forge": ForgeName.GITHUB,
        "id": f"delivery-{next(_ids)}",
        "event": "pull_request.synchronize",
        "digest": "0" * 64,
        "wish": wish,
        "change": change(),
        "repository": "org/infra",
        "head": head,
        "repository_id": 7,
    }
    return Delivery(**(values | fields))


def push(head: str, **fields: Any) -> Delivery:
    return delivery(Wish.REVIEW, head, **fields)


def comment(text: str, comment_id: str = "1", **fields: Any) -> Delivery:
    return delivery(Wish.COMMAND, asked=Asked(comment_id, "ada", text), **fields)
