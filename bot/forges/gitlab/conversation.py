"""The discussions of one merge request: ours listed, posted, edited, resolved."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from bot import marks
from bot.change import Anchor, AnchorKind, Change, Kind
from bot.commands import only
from bot.forges import wire
from bot.forges.base import Denied, Gone, Partly, Reaction, Refused, Unsure, still_there
from bot.forges.gitlab import answers
from bot.forges.gitlab.credentials import Account
from bot.forges.gitlab.inert import inert
from bot.forges.gitlab.merge_requests import MergeRequests
from bot.forges.gitlab.position import position
from bot.review import Comment, CommentKind, Posted

_EMOJI = {Reaction.SEEN: "eyes", Reaction.DONE: "thumbsup", Reaction.CONFUSED: "confused"}


class GitLabConversation:
    """Implements bot.forges.base.Conversation. ``key`` signs the marks.

    ``settle``: seconds after which the listing is trusted to show what was published.
    """

    def __init__(
        self, account: Account, requests: MergeRequests, change: Change, key: bytes, settle: float
    ) -> None:
        self._account, self._client, self._requests = account, account.client, requests
        self._change, self._key, self._settle = change, key, settle
        self._root = f"/projects/{change.id.repository}/merge_requests/{change.id.number}"
        self._drafts = f"{self._root}/draft_notes"

    def own(self) -> list[Posted]:
        """Our threads, summaries and answers, as GitLab lists them now."""
        if self._change.id.kind == Kind.MERGE_GROUP:
            return []
        return [own for one in self._discussions() if (own := self._own(one))]

    def post(self, comments: Sequence[Comment]) -> None:
        """Several as one review, one by itself; a summary is a note that nobody resolves.

        Raises Partly where GitLab took some of a review only.
        """
        if len(comments) > 1:
            self._review(comments)
        elif comments[0].mark.kind is CommentKind.SUMMARY:
            self.answer(comments[0].body)
        else:
            self._thread(comments[0])

    def edit(self, posted: Posted, body: str) -> None:
        """Replace the text. Raises Refused when the note is not there any more."""
        with still_there():
            if posted.mark.kind is CommentKind.THREAD:
                path = f"{self._root}/discussions/{posted.thread}/notes/{int(posted.id)}"
            else:
                path = f"{self._root}/notes/{int(posted.id)}"
            self._client.put(path, {"body": inert(body)})

    def resolve(self, posted: Posted) -> None:
        """Resolve the thread where GitLab lets us, else leave it."""
        self._close(posted, done=True)

    def reopen(self, posted: Posted) -> None:
        """Likewise."""
        self._close(posted, done=False)

    def _close(self, posted: Posted, *, done: bool) -> None:
        if posted.mark.kind is not CommentKind.THREAD:
            return
        with suppress(Denied, Refused, Gone):
            self._client.put(f"{self._root}/discussions/{posted.thread}", {"resolved": done})

    def reply(self, posted: Posted, text: str) -> None:
        """Answer in a thread of ours. Raises Refused when it is not there any more.

        Not as a draft: a draft reply opens a resolved thread again.
        """
        with still_there():
            path = f"{self._root}/discussions/{posted.thread}/notes"
            self._client.post(path, {"body": inert(text)}, object)

    def react(self, comment: str, reaction: Reaction) -> None:
        """Add the emoji first, then take our other ones away; nothing if the note is gone."""
        path, wanted = f"{self._root}/notes/{int(comment)}/award_emoji", _EMOJI[reaction]
        try:
            there = list(self._client.pages(path, answers.Award))
            ours = [one for one in there if self._account.wrote(one.user)]
            if not any(one.name == wanted for one in ours):
                self._client.post(path, {"name": wanted}, object)
            for one in ours:
                if one.name in _EMOJI.values() and one.name != wanted:
                    self._client.delete(f"{path}/{one.id}")
        except Gone:
            return

    def answer(self, text: str) -> None:
        """A note by itself."""
        self._client.post(f"{self._root}/notes", {"body": inert(text)}, object)

    def _thread(self, comment: Comment) -> None:
        body = {"body": inert(comment.body), "position": position(comment.anchor, self._refs())}
        self._client.post(f"{self._root}/discussions", body, object)

    def _review(self, comments: Sequence[Comment]) -> None:
        """Drafts, published at once, and listed: GitLab takes a draft at a place that it does not

        know, and loses it without a word when it is published.
        """
        refs = self._refs()
        drafts = [(one, self._draft(one, refs)) for one in comments]
        there = self._left([draft for _, draft in drafts])
        taken = [one for one, draft in drafts if draft["note"] in there or self._made(draft)]
        if taken:
            self._client.send("POST", f"{self._drafts}/bulk_publish")
        lost = [one for one in comments if one not in taken] + self._lost(taken)
        if lost:
            raise Partly(f"{len(lost)} of {len(comments)} places are none to GitLab", lost)

    def _draft(self, comment: Comment, refs: answers.Refs) -> dict[str, Any]:
        """Its text, and where it stands: nowhere for a summary."""
        note = wire.sayable(inert(comment.body))
        if comment.mark.kind is CommentKind.SUMMARY:
            return {"note": note}
        return {"note": note, "position": position(comment.anchor, refs)}

    def _left(self, wanted: Sequence[dict[str, Any]]) -> set[str]:
        """The texts of those that an attempt before this one has made.

        The others that it left are taken away: they would be published with these.
        """
        texts = {draft["note"]: draft for draft in wanted}
        there: set[str] = set()
        for left in list(self._client.pages(self._drafts, answers.DraftNote)):
            same = texts.get(left.note)
            if same and left.note not in there and _known(left, same):
                there.add(left.note)
            else:
                self._discard(left)
        return there

    def _made(self, draft: dict[str, Any]) -> bool:
        """Make one; whether it stands on a line, or is about no line."""
        made = self._client.post(self._drafts, draft, answers.DraftNote)
        if not _known(made, draft):
            self._discard(made)
            return False
        return True

    def _discard(self, draft: answers.DraftNote) -> None:
        """Take away a draft of ours."""
        try:
            self._client.delete(f"{self._drafts}/{draft.id}")
        except Gone:
            return

    def _lost(self, comments: Sequence[Comment]) -> list[Comment]:
        """Those that were published and do not stand there, once the listing can be trusted."""
        missing = self._missing(comments) if comments else []
        if missing and self._settle:
            time.sleep(self._settle)
            missing = self._missing(missing)
        return missing

    def _missing(self, comments: Sequence[Comment]) -> list[Comment]:
        there = {posted.mark.subject for posted in self.own() if not posted.mark.fixed}
        return [one for one in comments if one.mark.subject not in there]

    def _refs(self) -> answers.Refs:
        """Raises Unsure where GitLab has no diff of our head: not yet, or not any more."""
        refs = self._requests.refs(self._change.id, self._change.head)
        if refs is None:
            raise Unsure(f"GitLab has no diff of {self._change.head[:7]}")
        return refs

    def _discussions(self) -> Iterator[answers.Discussion]:
        return self._client.pages(f"{self._root}/discussions", answers.Discussion)

    def _own(self, discussion: answers.Discussion) -> Posted | None:
        """The discussion, if it is ours: by author and by mark, never one without the other."""
        first, *rest = discussion.notes or [answers.Note(0, system=True)]
        if first.system or not self._account.wrote(first.author):
            return None
        mark = marks.read(first.body, self._change.id, self._key)
        if mark is None or mark.kind is CommentKind.STAND_IN:
            return None
        replies = [one for one in rest if not one.system]
        return Posted(
            mark,
            str(first.id),
            discussion.id,
            first.body,
            answered=any(
                self._account.person(one.author) and not only(one.body) for one in replies
            ),
            replied=any(self._account.wrote(one.author) for one in replies),
            resolved=first.resolvable and first.resolved,
            resolver=self._resolver(first),
            url=f"{self._change.url}#note_{first.id}",
            anchor=self._shown(first.position),
        )

    def _shown(self, place: answers.Position | None) -> Anchor | None:
        """Where GitLab shows it now, if that is at a line of head."""
        if place is None or place.head_sha != self._change.head or not place.new_line:
            return None
        return Anchor(AnchorKind.LINE, place.new_path or "", place.new_line)

    def _resolver(self, first: answers.Note) -> str:
        by = first.resolved_by if first.resolved else None
        return by.username if by and not self._account.wrote(by) else ""


def _known(draft: answers.DraftNote, sent: Mapping[str, Any]) -> bool:
    """Whether GitLab knows the line that was sent, if any was."""
    on_line = sent.get("position", {}).get("position_type") == "text"
    return draft.line_code is not None or not on_line
