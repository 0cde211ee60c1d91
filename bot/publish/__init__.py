"""Makes the forge say what the review says: what is posted is reconciled with what is wanted.

Nothing is posted twice and nothing is lost, wherever this is killed and however the forge fails:
each object has a subject; what is about to be written is written down first; after an answer that
says nothing the listing decides.
"""

from collections.abc import Sequence

import structlog

from bot.change import Anchor, AnchorKind
from bot.forges.base import Conversation, Partly, Refused
from bot.markdown.thread import Group
from bot.markdown.wanted import Parting, Wanted
from bot.publish.matching import Match, chosen, matched
from bot.publish.past import Past, then
from bot.publish.pen import Guard, Intent, Pen, Timing, subject
from bot.review import Comment, Posted

__all__ = ["Guard", "Intent", "Past", "Timing", "publish", "then"]

log = structlog.get_logger()


def publish(
    conversation: Conversation,
    wanted: Wanted,
    guard: Guard,
    past: Past,
    timing: Timing | None = None,
) -> int:
    """Bring the conversation to what the review wants; the status is the caller's and comes last.

    Silent edits first, then all that is new in one review: people are told once. Raises what the
    guard raises when this run may not write any more, and ForgeError: what is written by then is
    found by the next run. How many threads it has begun.
    """
    pen = Pen(conversation, guard, timing or Timing())
    match = matched(wanted, pen.settled(), past)
    fresh, left = chosen(wanted, match, pen.expected)
    for double in match.doubles:
        _part(pen, double, wanted.doubled(double))
    for each in match.merged:
        _part(pen, each, wanted.merged(each))
    _edit_threads(pen, wanted, match)
    for gone in match.gone:
        _part(pen, gone, wanted.retired(gone))
    resolved = {name: by for name, by in match.resolved.items() if wanted.counts(name)}
    summary = wanted.summary(posted=match.summary is not None, resolved=resolved, left=left)
    if match.summary and summary:
        _edit_summary(pen, match.summary, summary)
        summary = None
    if summary and subject(summary.mark) in pen.expected:
        summary = None
    _post(pen, wanted, fresh, summary)
    return len(fresh)


def _part(pen: Pen, posted: Posted, parting: Parting) -> None:
    """End a thread: in place, or by one reply where people have talked in it."""
    if posted.answered:
        pen.reply(posted, parting.reply)
        return
    # Closed before it is edited: what is marked as over is never looked at again.
    if not posted.resolved:
        pen.resolve(posted)
    pen.edit(posted, parting.body, parting.mark)


def _edit_threads(pen: Pen, wanted: Wanted, match: Match) -> None:
    for group, posted in match.threads.items():
        if wanted.passed(group) and not posted.mark.passed and not posted.resolved:
            if posted.answered:
                pen.reply(posted, wanted.let_pass(group))
                continue
            # Before it is edited: what says that we closed it and is open, people have opened.
            pen.resolve(posted)
        elif not wanted.passed(group) and posted.mark.passed and posted.closed:
            pen.reopen(posted)
        _edit_thread(pen, wanted, group, posted)


def _edit_thread(pen: Pen, wanted: Wanted, group: Group, posted: Posted) -> None:
    there, mark = posted.mark, wanted.mark(group, posted)
    # A file's new name too: from push to push it can be followed, over many it may not.
    same = there.subject == mark.subject and (there.body, there.passed, there.again) == (
        mark.body,
        mark.passed,
        mark.again,
    )
    if not same or wanted.stale(group, posted):
        pen.edit(posted, wanted.again(group, posted).body, mark)


def _edit_summary(pen: Pen, posted: Posted, summary: Comment) -> None:
    old, new = posted.mark, summary.mark
    if (old.body, old.left) != (new.body, new.left):
        pen.edit(posted, summary.body, new)


def _post(pen: Pen, wanted: Wanted, groups: Sequence[Group], summary: Comment | None) -> None:
    """What can be one review is one; the rest, and what of it is refused, one by one."""
    review = [wanted.thread(group) for group in groups if wanted.in_review(group)]
    if review and summary:
        review.append(summary)
    taken = _posted_together(pen, review) if len(review) > 1 else set()
    for group in groups:
        if wanted.mark(group).subject not in taken:
            _post_thread(pen, wanted, group)
    if summary and summary.mark.subject not in taken:
        _post_summary(pen, summary)


def _posted_together(pen: Pen, comments: Sequence[Comment]) -> set[tuple[str, str, str, str]]:
    """Post them as one review; the subjects of those that the forge took."""
    subjects = {comment.mark.subject for comment in comments}
    try:
        pen.post(comments)
    except Partly as partly:
        log.warning("review refused in part", reason=str(partly))
        return subjects - {comment.mark.subject for comment in partly.refused}
    except Refused as refusal:
        log.warning("review refused", reason=str(refusal))
        return set()
    return subjects


def _post_thread(pen: Pen, wanted: Wanted, group: Group) -> None:
    """On its line, else on its file; else its row in the summary, which has all, must do."""
    own = wanted.place(group)
    file = Anchor(AnchorKind.FILE, own.path, old_path=own.old_path)
    for anchor in dict.fromkeys((own, file)):
        try:
            pen.post([wanted.thread(group, anchor)])
        except Refused as refused:
            log.warning("thread refused", kind=anchor.kind, reason=str(refused))
        else:
            return


def _post_summary(pen: Pen, summary: Comment) -> None:
    try:
        pen.post([summary])
    except Refused as refused:  # a locked conversation: the status still says it all
        log.warning("summary refused", reason=str(refused))
