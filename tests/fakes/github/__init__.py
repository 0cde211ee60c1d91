"""A stateful, strict GitHub for tests and the demo: REST, GraphQL, git over HTTP, webhooks.

In a test::

    with FakeGitHub() as fake:
        app = fake.app()          # a GitHub App: app.id, app.private_key, app.login
        repo = fake.repository("org/shop", {"Dockerfile": "FROM x\\n"}, roles={"ada": "write"})
        repo.push("feature", {"Dockerfile": "FROM y\\n", "old.txt": None}, by="ada")
        pull = repo.open_pull("feature", by="ada")   # draft=True, fork=repo.fork("eve")
        fake.deliver_to("http://127.0.0.1:8000/webhooks/github", "secret")
        ... run Redline against fake.api ...
        pull.comment("ada", "/recheck")
        pull.push({"Dockerfile": "FROM z:1\\n"})
        fake.hooks.settle()       # all webhooks are out
        assert pull.threads == [] and repo.checks(pull.head)[-1].conclusion == "success"
        assert fake.violations == []   # nothing was said against GitHub's description

What is where:

people       ``repo.push/move/fork/open_pull/allow/rename/delete/require/queue/press/rerun_all``
             ``pull.push/comment/edit/remove/reply/resolve/unresolve/close/reopen/ready/to_draft``
             ``pull.merge/retarget``
read back    ``pull.conversation()`` (plain data, see conversation.py), ``pull.threads``,
             ``pull.comments``, ``pull.review_comments``, ``pull.notifications``,
             ``repo.checks(sha)``, ``repo.statuses(sha)``, ``repo.history(sha)``
who calls    ``fake.app(permissions=..., repositories=...)``, ``fake.token("redline-bot")``,
             ``app.grant(contents="write", checks=None)``, ``fake.expire_tokens()``,
             ``fake.server.access.lifetime`` (seconds that installation tokens live)
faults       ``fake.faults.add("POST */reviews", status=502, after=True, times=1)``; ``what`` is
             status, hang, drop or slow; ``chance``; ``fake.faults.stale(5, "comments")``
rates        ``fake.limits.writes_a_minute``, ``.hourly``, ``.retry_after``,
             ``.exhaust("installation 7")``
time         ``fake.clock.advance(seconds)``, ``fake.clock.skew``
webhooks     ``fake.hooks.lose``, ``.double`` (chances), ``.hold()``, ``.release(reverse=True)``,
             ``.again(id)``, ``.log``, ``.settle()``
counted      ``fake.counters["pulls/create-review"]``, ``fake.content_writes``, ``fake.refused``,
             ``fake.server.notifications``

As a process: ``python -m tests.fakes.github --port 0 --state DIR --app-key FILE``; it prints one
line of JSON when it is ready: ``{"url", "api", "app": {"id", "login", "installation"}, "token"}``.
People act by ``POST /_fake/ACT`` with JSON, for example ``/_fake/repository {"name", "files"}``,
``/_fake/push {"repository", "pull"|"branch", "files"}``, ``/_fake/comment {"repository", "pull",
"login", "text"}``, ``/_fake/conversation {"repository", "pull"}``, ``/_fake/hook {"url",
"secret"}``, ``/_fake/violations``; see acts.py. The answer is ``{"ok": ...}``.

What it refuses and how it words it follows GitHub's documentation and its own description, which
``tools/openapi/install`` puts into ``build/openapi``; without it requests and answers are not
judged (``openapi.description().there``) and GraphQL is answered 501.
"""

from tests.fakes.github.fake import AppKey, FakeGitHub
from tests.fakes.github.people import Repo
from tests.fakes.github.pullrequest import PullRequest

__all__ = ["AppKey", "FakeGitHub", "PullRequest", "Repo"]
