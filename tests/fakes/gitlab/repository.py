"""Commits and branches by the REST interface."""

from typing import Any

from tests.fakes.gitlab import shapes
from tests.fakes.gitlab.paging import page
from tests.fakes.gitlab.params import may, needed
from tests.fakes.gitlab.state import LEVELS, Project
from tests.fakes.gitlab.web import PROJECT, Answer, Call, Refused, not_found, operation

REPOSITORY = f"{PROJECT}/repository"


def commit_of(call: Call, name: str) -> str:
    """The commit that a path parameter names. Raises Refused 404."""
    found = call.project.git.commit(call.path[name])
    if found is None:
        raise not_found("Commit")
    return found


@operation(f"GET {REPOSITORY}/commits/{{sha}}", {"stats": may("boolean")})
def get_commit(call: Call) -> Answer:
    return Answer(shapes.commit(call.server, call.project, commit_of(call, "sha")))


@operation(f"GET {REPOSITORY}/merge_base", {"refs": needed("list")})
def merge_base(call: Call) -> Answer:
    project, refs = call.project, call.given["refs"]
    if len(refs) < 2:
        raise Refused(400, {"message": "400 Bad request - Provide at least 2 refs"})
    shas = [project.git.commit(ref) for ref in refs]
    if None in shas:
        missing = ", ".join(f"'{ref}'" for ref, sha in zip(refs, shas, strict=True) if sha is None)
        raise Refused(400, {"message": f"400 Bad request - Could not find ref: {missing}"})
    found = project.git.merge_base(str(shas[0]), str(shas[1]))
    if found is None:
        raise not_found("Merge Base")
    return Answer(shapes.commit(call.server, project, found))


@operation(
    f"GET {REPOSITORY}/compare",
    {"from": needed(), "to": needed(), "straight": may("boolean"), "unidiff": may("boolean"),
     "from_project_id": may("integer")},
)  # fmt: skip
def compare(call: Call) -> Answer:
    project = call.project
    old, new = (project.git.commit(call.given[name]) for name in ("from", "to"))
    if old is None or new is None:
        raise not_found("Ref")
    base = old if call.get("straight") else project.git.merge_base(old, new)
    if base is None:
        raise not_found("Merge Base")
    listed = shapes.commits(call.server, project, base, new)
    return Answer({
        "commit": listed[0] if listed else None,
        "commits": listed[::-1],
        "diffs": shapes.diffs(call.server, project, base, new),
        "compare_timeout": False,
        "compare_same_ref": old == new,
        "web_url": f"{shapes.web(call.server, project)}/-/compare/{old}...{new}",
    })  # fmt: skip


def branch(call: Call, project: Project, name: str, sha: str) -> dict[str, Any]:
    return {
        "name": name,
        "commit": shapes.commit(call.server, project, sha),
        "merged": False,
        "protected": name in project.protected,
        "developers_can_push": False,
        "developers_can_merge": False,
        "can_push": True,
        "default": name == project.default_branch,
        "web_url": f"{shapes.web(call.server, project)}/-/tree/{name}",
    }


@operation(f"GET {REPOSITORY}/branches", {"search": may(), "regex": may()}, pages=True)
def list_branches(call: Call) -> Answer:
    project = call.project
    rows = project.git.refs("refs/heads/").items()
    found = [(ref.removeprefix("refs/heads/"), sha) for ref, sha in rows]
    found = [row for row in found if call.get("search", "") in row[0]]
    return page(call, found, lambda row: branch(call, project, *row))


@operation(f"GET {REPOSITORY}/branches/{{branch}}")
def get_branch(call: Call) -> Answer:
    project, name = call.project, call.path["branch"]
    sha = project.git.commit(f"refs/heads/{name}")
    if sha is None:
        raise not_found("Branch")
    return Answer(branch(call, project, name, sha))


def protected(name: str, level: int) -> dict[str, Any]:
    words = {0: "No one", 30: "Developers + Maintainers", 40: "Maintainers"}
    row = [{"id": 1, "access_level": level, "access_level_description": words.get(level, "")}]
    return {"id": 1, "name": name, "push_access_levels": row, "merge_access_levels": row,
            "allow_force_push": False, "code_owner_approval_required": False,
            "inherited": False}  # fmt: skip


@operation(f"GET {PROJECT}/protected_branches", {"search": may()}, level=LEVELS["developer"],
           pages=True)  # fmt: skip
def list_protected(call: Call) -> Answer:
    return page(call, list(call.project.protected.items()), lambda row: protected(*row))


@operation(f"GET {PROJECT}/protected_branches/{{name}}", level=LEVELS["developer"])
def get_protected(call: Call) -> Answer:
    level = call.project.protected.get(call.path["name"])
    if level is None:
        raise not_found()
    return Answer(protected(call.path["name"], level))
