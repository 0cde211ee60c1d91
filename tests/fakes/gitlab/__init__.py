"""A stateful, strict GitLab for tests and the demo: REST, git over HTTP, webhooks.

In a test::

    with FakeGitLab() as fake:       # prefix="/gitlab" puts the instance under a path
        token = fake.token("redline", bot=True)
        repo = fake.repository("org/sub/shop", {"Dockerfile": "FROM x\\n"},
                               roles={"ada": "developer", "redline": 30})
        repo.push("feature", {"Dockerfile": "FROM y\\n", "old.txt": None}, by="ada")
        mr = repo.open_merge_request("feature", by="ada")   # draft=True, fork=repo.fork("eve")
        fake.deliver_to("http://127.0.0.1:8000/webhooks/gitlab", "secret")   # or "whsec_..."
        ... run Redline against fake.url ...
        mr.comment("ada", "/redline recheck")
        mr.push({"Dockerfile": "FROM z:1\\n"})
        fake.hooks.settle()          # all webhooks are out
        assert mr.threads == [] and repo.statuses(mr.head)[-1].state == "success"
        assert fake.violations == []  # nothing unknown was said, no line of ours began with "/"

What is where:

people       ``repo.push/move/fork/open_merge_request/allow/rename/delete/archive/protect/set``
             ``repo.queue/destroy_queue`` (merge train), ``use_ci/pipeline/finish`` (CI),
             ``repo.comment_on_commit/comment_on_issue``, ``fake.group("org", {"ola": "owner"})``
             ``mr.push/comment/discuss/edit/remove/reply/resolve/unresolve/react/close/reopen``
             ``mr.ready/to_draft/title/describe/label/approve/unapprove/merge/retarget/apply``
read back    ``mr.conversation()`` (plain data, see conversation.py), ``mr.threads``, ``mr.notes``,
             ``mr.drafts``, ``mr.notifications``, ``mr.pipeline``, ``mr.mergeable``,
             ``repo.statuses(sha)``, ``repo.history(sha)``
who calls    ``fake.token(login, scopes, bot=True)``, ``fake.revoke_tokens(login)``,
             ``fake.block(login)``
faults       ``fake.faults.add("POST */draft_notes", status=502, after=True, times=1)``; ``what``
             is status, hang, drop or slow; ``chance``; ``fake.faults.stale(5, "discussions")``:
             notes, discussions, drafts, awards, statuses
late, large  ``fake.late.versions``, ``fake.late.pipelines`` (seconds), ``fake.largest.patch``
rates        ``fake.limits.a_minute``, ``.notes_a_minute``, ``.exhaust("user redline", 120)``
time         ``fake.clock.advance(seconds)``, ``fake.clock.skew``
webhooks     ``fake.hooks.lose``, ``.double`` (chances), ``.hold()``, ``.release(reverse=True)``,
             ``.again(id)``, ``.log``, ``.settle()``, ``.enable()`` after four failures
counted      ``fake.counters["POST /projects/*/statuses/*"]``, ``fake.content_writes``,
             ``fake.refused``, ``fake.server.notifications``

As a process: ``python -m tests.fakes.gitlab --port 0 --state DIR --group shop``; it prints one line
of JSON when it is ready: ``{"url", "api", "login", "token"}``. People act by ``POST /_fake/ACT``
with JSON, for example ``/_fake/repository {"name", "files"}``, ``/_fake/push {"repository",
"merge_request"|"branch", "files"}``, ``/_fake/hook {"url", "token"|"signing"}``; see acts.py. The
answer is ``{"ok": ...}``.

What the REST interface does not know is refused (where GitLab would ignore it) and recorded in
``violations``: parameters, their types, addresses. There is no description to judge answers by:
their shapes follow GitLab's documentation and what python-gitlab reads.
"""

from tests.fakes.gitlab.fake import FakeGitLab
from tests.fakes.gitlab.mergerequest import MergeRequest
from tests.fakes.gitlab.people import Repo

__all__ = ["FakeGitLab", "MergeRequest", "Repo"]
