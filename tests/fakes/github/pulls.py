"""Pull requests, comparisons, commits, branches: what a review reads."""

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.fakes.diff import File, diff
from tests.fakes.github import shapes
from tests.fakes.github.paging import page, positive
from tests.fakes.github.state import Pull, Repository
from tests.fakes.github.web import (
    Answer,
    Call,
    Refused,
    maybe_stamp,
    not_found,
    operation,
    stamp,
)  # fmt: skip
from tests.fakes.timeline import current

if TYPE_CHECKING:
    from tests.fakes.github.server import Server

REPO = "/repos/{owner}/{repo}"
COMPARED_FILES = 300
PULL_FILES = 3000
PATCH_LINES = 3000
READ = ("pull_requests:read",)
CONTENTS = ("contents:read",)


def pull_of(call: Call) -> Pull:
    """The pull request of the call's path. Raises Refused 404."""
    number = call.number("pull_number" if "pull_number" in call.path else "issue_number")
    if number not in call.repository.pulls:
        raise not_found()
    return call.repository.pulls[number]


def merge_base(pull: Pull) -> str:
    """Where head left the base branch. A merged one keeps the base that it was merged into."""
    git = pull.repository.git
    base = pull.repository.git.commit(pull.base_ref)
    if pull.merge_commit is not None:
        base = git.fixed("rev-parse", f"{pull.merge_commit}^1")
    assert base is not None
    return git.merge_base(base, pull.head) or base


def files_of(pull: Pull) -> dict[str, File]:
    return diff(pull.repository.git, merge_base(pull), pull.head)


def simple(server: "Server", pull: Pull, version: str = "2022-11-28") -> dict[str, Any]:
    """A pull request as in a listing; the newer interface leaves two fields out."""
    one = pull.repository
    url = f"{shapes.address(server, one)}/pulls/{pull.number}"
    issue = f"{shapes.address(server, one)}/issues/{pull.number}"
    html = f"{server.url}/{one.full_name}/pull/{pull.number}"
    gone = {"assignee": None, "merge_commit_sha": pull.merge_commit}
    addresses = {
        "html": html, "self": url, "issue": issue, "comments": f"{issue}/comments",
        "review_comments": f"{url}/comments", "review_comment": f"{shapes.address(server, one)}"
        "/pulls/comments{/number}", "commits": f"{url}/commits",
        "statuses": f"{shapes.address(server, one)}/statuses/{pull.head}",
    }  # fmt: skip
    return {
        "id": pull.id,
        "node_id": shapes.node_id("PR", one.id, pull.id),
        "number": pull.number,
        "state": pull.state,
        "locked": False,
        "title": pull.title,
        "body": pull.body,
        "draft": pull.draft,
        "user": shapes.user(server, pull.author),
        "created_at": stamp(pull.created),
        "updated_at": stamp(pull.updated),
        "closed_at": maybe_stamp(pull.closed),
        "merged_at": maybe_stamp(pull.merged),
        "labels": [],
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "milestone": None,
        "auto_merge": None,
        "active_lock_reason": None,
        "author_association": shapes.association(server, one, pull.author),
        "head": side(server, pull.head_repository, pull.head_label, pull.head_ref, pull.head),
        "base": side(
            server, one, f"{one.owner.login}:{pull.base_ref}", pull.base_ref, base_sha(pull)
        ),
        "url": url,
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "_links": {name: {"href": href} for name, href in addresses.items()},
        **{f"{name}_url": href for name, href in addresses.items() if name not in ("self", "html")},
        **({} if version == "2026-03-10" else gone),
    }


def base_sha(pull: Pull) -> str:
    """The base branch's tip; once merged or closed it stays what it was."""
    if pull.merge_commit is not None:
        return pull.repository.git.fixed("rev-parse", f"{pull.merge_commit}^1")
    return pull.repository.git.commit(pull.base_ref) or "0" * 40


def side(
    server: "Server", one: Repository | None, label: str, ref: str, sha: str
) -> dict[str, Any]:
    account = server.state.account(label.partition(":")[0]) if one is None else one.owner
    there = None if one is None else shapes.repository(server, one)
    return {
        "label": label,
        "ref": ref,
        "sha": sha,
        "user": shapes.user(server, account),
        "repo": there,
    }


def full(server: "Server", pull: Pull, version: str = "2022-11-28") -> dict[str, Any]:
    """A pull request by itself, with its figures."""
    files = files_of(pull).values()
    now = server.state.clock.now()
    return {
        **simple(server, pull, version),
        "merged": pull.merged is not None,
        "mergeable": None if pull.state == "closed" else True,
        "mergeable_state": "unknown" if pull.state == "closed" else "clean",
        "rebaseable": None,
        "merged_by": shapes.maybe_user(server, pull.merged_by),
        "maintainer_can_modify": False,
        "comments": len(current(pull.comments.values(), now)),
        "review_comments": len(current(pull.review_comments.values(), now)),
        "commits": len(commits_of(pull)),
        "changed_files": len(files),
        "additions": sum(file.additions for file in files),
        "deletions": sum(file.deletions for file in files),
    }


def commits_of(pull: Pull) -> list[str]:
    out = pull.repository.git.fixed("rev-list", "--reverse", f"{merge_base(pull)}..{pull.head}")
    return out.splitlines()


def version_of(call: Call) -> str:
    return call.headers.get("x-github-api-version", "2022-11-28")


@operation("pulls/list", f"GET {REPO}/pulls", *READ)
def list_pulls(call: Call) -> Answer:
    state, sort = call.query.get("state", "open"), call.query.get("sort", "created")
    found = [one for one in call.repository.pulls.values() if state in (one.state, "all")]
    if base := call.query.get("base"):
        found = [one for one in found if one.base_ref == base]
    if head := call.query.get("head"):
        found = [one for one in found if one.head_label == head]
    usual = "desc" if sort == "created" else "asc"
    newest_first = call.query.get("direction", usual) == "desc"
    found.sort(
        key=lambda one: (one.updated if sort == "updated" else one.created, one.number),
        reverse=newest_first,
    )
    return page(call, found, lambda one: simple(call.server, one, version_of(call)))


@operation("pulls/get", f"GET {REPO}/pulls/{{pull_number}}", *READ)
def get_pull(call: Call) -> Answer:
    return Answer(full(call.server, pull_of(call), version_of(call)))


@operation("pulls/list-files", f"GET {REPO}/pulls/{{pull_number}}/files", *READ)
def list_files(call: Call) -> Answer:
    pull = pull_of(call)
    files = list(files_of(pull).values())[:PULL_FILES]
    return page(call, files, lambda file: entry(call, file, pull.head))


@operation("pulls/list-commits", f"GET {REPO}/pulls/{{pull_number}}/commits", *READ)
def list_commits(call: Call) -> Answer:
    pull = pull_of(call)
    return page(call, commits_of(pull)[:250], lambda sha: commit(call.server, pull.repository, sha))


def entry(call: Call, file: File, head: str) -> dict[str, Any]:
    """A file of a diff; a large one comes without its patch."""
    server, one = call.server, call.repository
    path = quote(file.path)
    shown = file.patch is not None and sum(len(hunk.rows) for hunk in file.hunks) <= PATCH_LINES
    return {
        "sha": file.sha,
        "filename": file.path,
        "status": file.status,
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": f"{server.url}/{one.full_name}/blob/{head}/{path}",
        "raw_url": f"{server.url}/{one.full_name}/raw/{head}/{path}",
        "contents_url": f"{shapes.address(server, one)}/contents/{path}?ref={head}",
        **({"patch": file.patch} if shown else {}),
        **({"previous_filename": file.previous} if file.previous else {}),
    }


def commit(server: "Server", one: Repository, sha: str) -> dict[str, Any]:
    """A commit, read from git."""
    layout = "%H%x00%T%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B"
    row = one.git.fixed("show", "--no-patch", f"--format={layout}", sha)
    sha, tree, parents, *people, message = row.split("\0")
    url = shapes.address(server, one)
    web = f"{server.url}/{one.full_name}"
    signed = {"verified": False, "reason": "unsigned", "signature": None, "payload": None,
              "verified_at": None}  # fmt: skip
    return {
        "sha": sha,
        "node_id": shapes.node_id("C", one.id, int(sha[:8], 16)),
        "url": f"{url}/commits/{sha}",
        "html_url": f"{web}/commit/{sha}",
        "comments_url": f"{url}/commits/{sha}/comments",
        "commit": {
            "url": f"{url}/git/commits/{sha}",
            "message": message,
            "author": person(*people[:3]),
            "committer": person(*people[3:]),
            "tree": {"sha": tree, "url": f"{url}/git/trees/{tree}"},
            "comment_count": 0,
            "verification": signed,
        },
        "author": None,
        "committer": None,
        "parents": [
            {
                "sha": parent,
                "url": f"{url}/commits/{parent}",
                "html_url": f"{web}/commit/{parent}",
            }
            for parent in parents.split()
        ],
    }


def person(name: str, email: str, moment: str) -> dict[str, str]:
    return {"name": name, "email": email, "date": stamp(int(moment))}


@operation("repos/compare-commits-with-basehead", f"GET {REPO}/compare/{{basehead}}", *CONTENTS)
def compare(call: Call) -> Answer:
    """From merge base to head. Every page has the first 300 files; only commits are paged."""
    one = call.repository
    first, dots, second = call.path["basehead"].partition("...")
    base, head = (resolve(one, name) for name in (first, second if dots else ""))
    start = one.git.merge_base(base, head)
    if start is None:
        raise Refused(404, f"No common ancestor between {first} and {second}.")
    ahead = one.git.fixed("rev-list", "--reverse", f"{base}..{head}").splitlines()
    behind = len(one.git.fixed("rev-list", f"{head}..{base}").splitlines())
    size = min(positive(call.query.get("per_page"), 250), 250)
    number = positive(call.query.get("page"), 1)
    files = list(diff(one.git, start, head).values())[:COMPARED_FILES] if number == 1 else []
    url = f"{shapes.address(call.server, one)}/compare/{quote(call.path['basehead'])}"
    html = f"{call.server.url}/{one.full_name}/compare/{quote(call.path['basehead'])}"
    status = ("diverged" if behind else "ahead") if ahead else ("behind" if behind else "identical")
    return Answer(
        {
            "url": url,
            "html_url": html,
            "permalink_url": html,
            "diff_url": f"{html}.diff",
            "patch_url": f"{html}.patch",
            "base_commit": commit(call.server, one, base),
            "merge_base_commit": commit(call.server, one, start),
            "status": status,
            "ahead_by": len(ahead),
            "behind_by": behind,
            "total_commits": len(ahead),
            "commits": [
                commit(call.server, one, sha) for sha in ahead[(number - 1) * size : number * size]
            ],
            "files": [entry(call, file, head) for file in files],
        }
    )


def resolve(one: Repository, name: str) -> str:
    """A branch, a sha, or ``owner:branch`` of a fork whose pull request brought it here."""
    _, _, plain = name.rpartition(":")
    found = one.git.commit(plain)
    if found is None:
        raise not_found()
    return found


def commit_of(call: Call, name: str) -> str:
    """A commit for the operations that say 422 where there is none."""
    found = call.repository.git.commit(call.path[name])
    if found is None:
        raise Refused(422, f"No commit found for SHA: {call.path[name]}")
    return found


@operation("repos/get-commit", f"GET {REPO}/commits/{{ref}}", *CONTENTS)
def get_commit(call: Call) -> Answer:
    one, sha = call.repository, commit_of(call, "ref")
    parents = one.git.fixed("rev-list", "--parents", "-n1", sha).split()[1:]
    empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    files = list(diff(one.git, parents[0] if parents else empty, sha).values())[:COMPARED_FILES]
    added, deleted = (sum(getattr(file, name) for file in files)
                      for name in ("additions", "deletions"))  # fmt: skip
    stats = {"additions": added, "deletions": deleted, "total": added + deleted}
    listed = [entry(call, file, sha) for file in files]
    return Answer({**commit(call.server, one, sha), "stats": stats, "files": listed})


@operation("git/get-ref", f"GET {REPO}/git/ref/{{ref}}", *CONTENTS)
def get_ref(call: Call) -> Answer:
    ref = f"refs/{call.path['ref']}"
    found = call.repository.git.refs(ref)
    if ref not in found:
        raise not_found()
    return Answer(reference(call, ref, found[ref]))


@operation("git/list-matching-refs", f"GET {REPO}/git/matching-refs/{{ref}}", *CONTENTS)
def list_refs(call: Call) -> Answer:
    wanted = f"refs/{call.path['ref']}"
    refs = call.repository.git.refs("refs/")
    return Answer(
        [reference(call, ref, sha) for ref, sha in refs.items() if ref.startswith(wanted)]
    )


def reference(call: Call, ref: str, sha: str) -> dict[str, Any]:
    url = shapes.address(call.server, call.repository)
    return {
        "ref": ref,
        "node_id": shapes.node_id("REF", call.repository.id),
        "url": f"{url}/git/{quote(ref)}",
        "object": {"type": "commit", "sha": sha, "url": f"{url}/git/commits/{sha}"},
    }


@operation("issues/get", f"GET {REPO}/issues/{{issue_number}}", "issues:read", "pull_requests:read")
def get_issue(call: Call) -> Answer:
    return Answer(issue(call.server, pull_of(call)))


SHARED = ("number", "state", "locked", "title", "body", "draft", "user", "created_at", "updated_at",
          "closed_at", "labels", "assignees", "milestone", "author_association", "html_url",
          "comments_url", "node_id", "active_lock_reason")  # fmt: skip


def issue(server: "Server", pull: Pull) -> dict[str, Any]:
    """A pull request as an issue, which it is too, under another id."""
    whole = simple(server, pull)
    url = f"{shapes.address(server, pull.repository)}/issues/{pull.number}"
    comments = current(pull.comments.values(), server.state.clock.now())
    return {
        **{name: whole[name] for name in SHARED},
        "id": pull.id + 500_000,
        "url": url,
        "events_url": f"{url}/events",
        "labels_url": f"{url}/labels{{/name}}",
        "repository_url": shapes.address(server, pull.repository),
        "assignee": None,
        "comments": len(comments),
        "performed_via_github_app": None,
        "timeline_url": f"{url}/timeline",
        "reactions": shapes.rollup(server, ("issue", pull.id), url),
        "pull_request": {
            name: whole[name] for name in ("url", "html_url", "diff_url", "patch_url", "merged_at")
        },
    }
