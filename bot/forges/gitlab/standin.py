"""A thread in the status's place, where a fork's change lets us show none: it holds back merging

where all threads must be resolved.
"""

from bot import marks
from bot.change import ChangeId
from bot.forges.gitlab import answers
from bot.forges.gitlab.credentials import Account
from bot.forges.gitlab.inert import inert
from bot.markdown.escape import escape
from bot.review import CommentKind, Mark, Progress, Status

_Found = tuple[answers.Discussion, answers.Note, Mark]


class StandIn:
    """The one such thread of a change; ``key`` signs its mark."""

    def __init__(self, account: Account, change: ChangeId, key: bytes) -> None:
        self._account, self._client = account, account.client
        self._change, self._key = change, key
        self._path = f"/projects/{change.repository}/merge_requests/{change.number}/discussions"

    def final(self, head: str) -> bool:
        """Whether it says the outcome at this head."""
        found = self._find()
        return found is not None and (found[2].run, found[2].stage) == (head, Progress.DONE)

    def show(self, head: str, status: Status, *, begin: bool = True) -> None:
        """Say how it stands; open unless that is green. ``begin``: the first outcome opens it."""
        found, over = self._find(), status.progress is Progress.DONE and status.green
        said = status.title if status.progress is Progress.DONE else ""  # progress is not edited in
        mark = Mark(CommentKind.STAND_IN, run=head, stage=status.progress, body=said[:255])
        if found is None:
            if status.progress is not Progress.DONE or not begin:
                return
            made = self._client.post(self._path, self._body(mark, status), answers.Discussion)
            found = (made, made.notes[0], mark)
        discussion, note, old = found
        if old != mark:
            self._client.put(
                f"{self._path}/{discussion.id}/notes/{note.id}", self._body(mark, status)
            )
        if note.resolved != over:
            self._client.put(f"{self._path}/{discussion.id}", {"resolved": over})

    def _body(self, mark: Mark, status: Status) -> dict[str, str]:
        link = f"\n\n[The whole review]({status.url})" if status.url else ""
        why = "GitLab lets Redline show no status at this commit; this thread takes its place."
        signed = marks.sign(mark, self._change, self._key)
        title = escape(status.title)
        return {"body": inert(f"**Redline** at {mark.run[:7]}: {title}{link}\n\n{why}\n\n{signed}")}

    def _find(self) -> _Found | None:
        for discussion in self._client.pages(self._path, answers.Discussion):
            for note in discussion.notes[:1]:
                mark = marks.read(note.body, self._change, self._key)
                ours = mark is not None and self._account.wrote(note.author)
                if mark is not None and ours and mark.kind is CommentKind.STAND_IN:
                    return discussion, note, mark
        return None
