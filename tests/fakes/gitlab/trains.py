"""Merge trains: a pipeline on the merged result, with a ref of its own."""

from typing import TYPE_CHECKING, Any

from tests.fakes.gitlab import notes, pipelines, requests, shapes
from tests.fakes.gitlab.changing import merge_commit
from tests.fakes.gitlab.paging import page
from tests.fakes.gitlab.params import may
from tests.fakes.gitlab.state import LEVELS, Account, Pipeline, Request
from tests.fakes.gitlab.web import PROJECT, Answer, Call, not_found, operation, stamp

if TYPE_CHECKING:
    from tests.fakes.gitlab.server import Server

TRAINS = f"{PROJECT}/merge_trains"


def start(server: "Server", request: Request, onto: str, by: Account) -> Pipeline:
    """Put a merge request on the train, behind ``onto``. Gives the pipeline of its car."""
    git = request.project.git
    sha = merge_commit(server, git, onto, request, by)
    ref = f"refs/merge-requests/{request.iid}/train"
    git.set_ref(ref, sha)
    one = pipelines.make(server, request.project, sha, ref, "merge_request_event", by)
    one.own, one.request = "running", request
    request.train = one
    notes.system(server, request, by, "started a merge train")
    server.hooks.pipeline(one)
    return one


def leave(server: "Server", request: Request, by: Account, state: str = "canceled") -> None:
    """Take it off the train; its pipeline ends so."""
    assert request.train is not None, "not on a train"
    request.train.own = state
    server.hooks.pipeline(request.train)
    request.train = None
    notes.system(server, request, by, "removed this merge request from the merge train")


def shape(server: "Server", one: Request) -> dict[str, Any]:
    assert one.train is not None
    names = ("id", "iid", "project_id", "title", "description", "state", "created_at",
             "updated_at", "web_url")  # fmt: skip
    whole = requests.row(server, one)
    return {
        "id": one.id,
        "merge_request": {name: whole[name] for name in names},
        "user": shapes.user(server, one.author),
        "pipeline": pipelines.shape(server, one.train),
        "created_at": stamp(one.train.created),
        "updated_at": stamp(one.train.created),
        "target_branch": one.target_branch,
        "status": "fresh",
        "merged_at": None,
        "duration": None,
    }


@operation(f"GET {TRAINS}", {"scope": may("text", "active", "complete")},
           level=LEVELS["developer"], pages=True)  # fmt: skip
def list_trains(call: Call) -> Answer:
    found = [one for one in call.project.requests.values() if one.train is not None]
    return page(call, found, lambda one: shape(call.server, one))


@operation(f"GET {TRAINS}/merge_requests/{{merge_request_iid}}", level=LEVELS["developer"])
def get_car(call: Call) -> Answer:
    request = call.request
    if request.train is None:
        raise not_found()
    return Answer(shape(call.server, request))
