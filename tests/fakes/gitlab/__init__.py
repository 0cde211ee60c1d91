"""A stateful, strict GitLab for tests and the demo: REST, git over HTTP, webhooks."""

from tests.fakes.gitlab.fake import FakeGitLab
from tests.fakes.gitlab.mergerequest import MergeRequest
from tests.fakes.gitlab.people import Repo

__all__ = ["FakeGitLab", "MergeRequest", "Repo"]
