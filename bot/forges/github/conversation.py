"""The comments of one pull request: ours listed, posted, edited, resolved."""

from collections.abc import Iterator, Sequence
from typing import Any

from bot import marks
from bot.change import Anchor, AnchorKind, Change, Kind
from bot.commands import only
from bot.forges.base import Denied, Gone, Reaction, Refused, still_there
from bot.forges.github import answers
from bot.forges.github.client import Client, Json
from bot.forges.github.credentials import Me
from bot.forges.github.reactions import react
from bot.review import Comment, CommentKind, Posted
from rules.finding import Side

_REVIEW = "review"  # in place of a thread: a summary that is the text of a review
_A_REVIEW = 30  # comments that GitHub is known to take in one
_SIDES = {Side.HEAD: "RIGHT", Side.BASE: "LEFT"}

# fullDatabaseId: the shorter one does not hold the ids that GitHub gives out now.
_THREADS = """
query ($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id isResolved viewerCanResolve viewerCanUnresolve resolvedBy { login __typename }
          path line startLine diffSide isOutdated
          comments(first: 30) {
            nodes {
              id fullDatabaseId body state isMinimized
              author { login __typename }
            }
          }
        }
      }
    }
  }
}
"""
_RESOLVE = """
mutation ($input: ResolveReviewThreadInput!) {
  resolveReviewThread(input: $input) { thread { id } }
}
"""
_UNRESOLVE = """
mutation ($input: UnresolveReviewThreadInput!) {
  unresolveReviewThread(input: $input) { thread { id } }
}
"""
_MINIMIZE = """
mutation ($input: MinimizeCommentInput!) {
  minimizeComment(input: $input) { minimizedComment { isMinimized } }
}
"""
_SHOW = """
mutation ($input: UnminimizeCommentInput!) {
  unminimizeComment(input: $input) { unminimizedComment { isMinimized } }
}
"""


_Own = tuple[Posted, answers.Thread, answers.ThreadComment]


def _lines(anchor: Anchor) -> dict[str, str | int]:
    """A place as GitHub wants it: ``start_line`` only where there are several lines."""
    side = _SIDES[anchor.side]
    one: dict[str, str | int] = {"path": anchor.path, "line": anchor.line, "side": side}
    return {**one, "start_line": anchor.start, "start_side": side} if anchor.start else one


def _anchor(thread: answers.Thread) -> Anchor | None:
    """Where GitHub shows a thread now, if that is at lines of head."""
    if thread.line is None or thread.is_outdated or thread.diff_side != "RIGHT":
        return None
    start = thread.start_line or thread.line
    first = start if start < thread.line else 0
    return Anchor(AnchorKind.LINE, thread.path, thread.line, start=first)


class GitHubConversation:
    """Implements bot.forges.base.Conversation. ``key`` signs the marks."""

    def __init__(self, client: Client, me: Me, change: Change, key: bytes) -> None:
        self._client, self._me, self._change, self._key = client, me, change, key
        self._root = f"/repositories/{change.id.repository}"
        self._listed: dict[str, _Own] | None = None  # by the id of a thread's first comment
        self._reviews: list[answers.Review] | None = None  # as they were listed last

    def own(self) -> list[Posted]:
        """Our threads, summaries and answers, as GitHub lists them now."""
        if self._change.id.kind == Kind.MERGE_GROUP:
            return []
        self._listed = {own[0].id: own for own in self._threads()}
        threads = [posted for posted, _, _ in self._listed.values()]
        return [*threads, *self._in_reviews(), *self._comments()]

    def post(self, comments: Sequence[Comment]) -> None:
        """One review of all that has a line, with the summary for its text; files by themselves."""
        lines = [one for one in comments if one.anchor.kind is AnchorKind.LINE]
        files = [one for one in comments if one.anchor.kind is AnchorKind.FILE]
        text = "".join(one.body for one in comments if one.mark.kind is CommentKind.SUMMARY)
        if lines or files:
            self._discard_pending()
        for start in range(0, len(lines), _A_REVIEW):
            self._review(lines[start : start + _A_REVIEW], "" if start else text)
        for comment in files:
            self._about_file(comment)
        if text and not lines:
            self.answer(text)

    def edit(self, posted: Posted, body: str) -> None:
        """Replace the text. Raises Refused when the comment is not there any more."""
        with still_there():
            if posted.thread == _REVIEW:
                self._client.put(f"{self._pull}/reviews/{int(posted.id)}", {"body": body}, object)
            else:
                self._client.patch(self._address(posted), {"body": body}, object)

    def resolve(self, posted: Posted) -> None:
        """Resolve the thread where GitHub lets us, else hide its first comment, else leave it."""
        found = self._found(posted)
        if found is None:
            return
        _, thread, first = found
        if thread.viewer_can_resolve and self._may(_RESOLVE, {"threadId": thread.id}):
            return
        self._may(_MINIMIZE, {"subjectId": first.id, "classifier": "RESOLVED"})

    def reopen(self, posted: Posted) -> None:
        """Open it and show it again, as far as GitHub lets us."""
        found = self._found(posted)
        if found is None:
            return
        _, thread, first = found
        if thread.is_resolved and thread.viewer_can_unresolve:
            self._may(_UNRESOLVE, {"threadId": thread.id})
        if first.is_minimized:
            self._may(_SHOW, {"subjectId": first.id})

    def _found(self, posted: Posted) -> _Own | None:
        """A thread of ours as it was listed last."""
        if self._listed is None:
            self.own()
        return (self._listed or {}).get(posted.id)

    def reply(self, posted: Posted, text: str) -> None:
        """Answer below a comment of ours. Raises Refused when it is not there any more."""
        with still_there():
            path = f"{self._pull}/comments/{posted.id}/replies"
            self._client.post(path, {"body": text}, object)

    def react(self, comment: str, reaction: Reaction) -> None:
        """Show it in place of our earlier one; nothing if the comment is gone."""
        react(self._client, self._me, self._change, comment, reaction)

    def answer(self, text: str) -> None:
        """A comment in the conversation."""
        path = f"{self._root}/issues/{self._change.id.number}/comments"
        self._client.post(path, {"body": text}, answers.IssueComment)

    @property
    def _pull(self) -> str:
        return f"{self._root}/pulls/{self._change.id.number}"

    def _address(self, posted: Posted) -> str:
        of = "pulls" if posted.mark.kind is CommentKind.THREAD else "issues"
        return f"{self._root}/{of}/comments/{int(posted.id)}"

    def _review(self, comments: Sequence[Comment], text: str) -> None:
        """All or nothing: one place that GitHub does not accept, and the review is Refused."""
        placed = [{**_lines(one.anchor), "body": one.body} for one in comments]
        body: dict[str, Any] = {
            "commit_id": self._change.head,
            "event": "COMMENT",
            "comments": placed,
        }
        if text:
            body["body"] = text
        self._client.post(f"{self._pull}/reviews", body, object)

    def _about_file(self, comment: Comment) -> None:
        body = {
            "commit_id": self._change.head,
            "subject_type": "file",
            "path": comment.anchor.path,
            "body": comment.body,
        }
        self._client.post(f"{self._pull}/comments", body, object)

    def _discard_pending(self) -> None:
        """A review that was begun and never sent would make each later one fail."""
        listed = self._reviews if self._reviews is not None else self._list_reviews()
        self._reviews = None
        for review in listed:
            if review.state == "PENDING" and self._me.wrote(review.user):
                try:
                    self._client.delete(f"{self._pull}/reviews/{review.id}")
                except Gone:
                    continue

    def _may(self, mutation: str, wanted: Json) -> bool:
        """Whether GitHub did it; a lacking permission is no reason to stop."""
        try:
            self._client.graphql(mutation, {"input": wanted}, object)
        except (Denied, Refused, Gone):
            return False
        return True

    def _threads(self) -> Iterator[_Own]:
        after: str | None = None
        while True:
            threads = self._page(after)
            yield from (own for one in threads.nodes if one and (own := self._own(one)))
            if not threads.page_info.has_next_page or threads.page_info.end_cursor in (None, after):
                return
            after = threads.page_info.end_cursor

    def _page(self, after: str | None) -> answers.Threads:
        owner, _, name = self._change.repository.partition("/")
        wanted = {"owner": owner, "name": name, "number": self._change.id.number, "after": after}
        answer = self._client.graphql(_THREADS, wanted, answers.ThreadsAnswer, again=True)
        return answer.repository.pull_request.review_threads

    def _own(self, thread: answers.Thread) -> _Own | None:
        """The thread, if it is ours: by author and by mark, never one without the other."""
        comments = [one for one in thread.comments.nodes if one is not None]
        if not comments or not self._me.is_author(comments[0].author):
            return None
        first, *replies = comments
        mark = marks.read(first.body, self._change.id, self._key)
        if mark is None or first.state == "PENDING":
            return None
        resolver = thread.resolved_by
        posted = Posted(
            mark,
            str(first.full_database_id),
            thread.id,
            first.body,
            answered=any(self._person(one.author) and not only(one.body) for one in replies),
            replied=any(self._me.is_author(one.author) for one in replies),
            resolved=thread.is_resolved or first.is_minimized,
            resolver=resolver.login if resolver and not self._me.is_author(resolver) else "",
            url=f"{self._change.url}#discussion_r{first.full_database_id}",
            anchor=_anchor(thread),
        )
        return posted, thread, first

    def _person(self, author: answers.Author | None) -> bool:
        """Whether a person wrote it; deleted accounts count."""
        return author is None or (author.kind != "Bot" and not self._me.is_author(author))

    def _list_reviews(self) -> list[answers.Review]:
        return list(self._client.pages(f"{self._pull}/reviews", answers.Review))

    def _in_reviews(self) -> Iterator[Posted]:
        """Summaries that are the text of a review: so people are told of both at once."""
        self._reviews = self._list_reviews()
        for review in self._reviews:
            mark = marks.read(review.body or "", self._change.id, self._key)
            ours = mark and review.state != "PENDING" and self._me.wrote(review.user)
            if mark and ours:
                address = f"{self._change.url}#pullrequestreview-{review.id}"
                yield Posted(mark, str(review.id), _REVIEW, review.body or "", url=address)

    def _comments(self) -> Iterator[Posted]:
        path = f"{self._root}/issues/{self._change.id.number}/comments"
        for comment in self._client.pages(path, answers.IssueComment):
            body = comment.body or ""
            mark = marks.read(body, self._change.id, self._key)
            if mark is not None and self._me.wrote(comment.user):
                yield Posted(mark, str(comment.id), body=body, url=comment.html_url)
