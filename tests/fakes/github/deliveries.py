"""The log of an App's webhooks, and sending one again."""

import json
from typing import Any

from tests.fakes.github.paging import positive
from tests.fakes.github.web import Answer, Call, not_found, operation, stamp
from tests.fakes.outbox import Delivery

ALL = "/app/hook/deliveries"


def item(one: Delivery) -> dict[str, Any]:
    payload = one.payload
    return {
        "id": one.id,
        "guid": one.guid,
        "delivered_at": stamp(one.when),
        "redelivery": one.redelivery,
        "duration": round(one.seconds, 2),
        "status": "OK" if 200 <= one.status < 400 else "Invalid HTTP Response: 0",
        "status_code": one.status,
        "event": one.event,
        "action": one.action,
        "installation_id": payload.get("installation", {}).get("id"),
        "repository_id": payload.get("repository", {}).get("id"),
        "throttled_at": None,
    }


@operation("apps/list-webhook-deliveries", f"GET {ALL}", app=True)
def list_deliveries(call: Call) -> Answer:
    """Newest first, what was tried; the next page is named by a cursor, not by its number."""
    size = min(positive(call.query.get("per_page"), 30), 100)
    before = positive(call.query.get("cursor", "").removeprefix("v1_"), 0)
    tried = [one for one in reversed(call.server.hooks.log) if one.tried]
    rows = [one for one in tried if not before or one.id < before]
    failed = call.query.get("status")
    if failed:
        rows = [one for one in rows if (200 <= one.status < 400) == (failed == "success")]
    shown = rows[:size]
    headers = {}
    if len(rows) > size:
        next_page = f"{call.url}?per_page={size}&cursor=v1_{shown[-1].id}"
        headers["Link"] = f'<{next_page}>; rel="next"'
    return Answer([item(one) for one in shown], headers=headers)


def find(call: Call) -> Delivery:
    wanted = call.number("delivery_id")
    for one in call.server.hooks.log:
        if one.id == wanted:
            return one
    raise not_found()


@operation("apps/get-webhook-delivery", f"GET {ALL}/{{delivery_id}}", app=True)
def get_delivery(call: Call) -> Answer:
    one = find(call)
    answer: dict[str, Any] = {"headers": {}, "payload": one.answer or None}
    request = {"headers": one.request, "payload": json.loads(one.body)}
    return Answer({**item(one), "url": call.server.hooks.url or "", "request": request,
                   "response": answer})  # fmt: skip


@operation("apps/redeliver-webhook-delivery", f"POST {ALL}/{{delivery_id}}/attempts", app=True)
def redeliver(call: Call) -> Answer:
    call.server.hooks.again(find(call).id)
    return Answer({}, 202)


@operation("apps/get-webhook-config-for-app", "GET /app/hook/config", app=True)
def get_config(call: Call) -> Answer:
    return Answer(
        {
            "content_type": "json",
            "insecure_ssl": "0",
            "secret": "********",
            "url": call.server.hooks.url or call.server.url,
        }
    )
