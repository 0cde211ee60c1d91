"""Reactions of ours on what people said: in the conversation, in a thread, in a review's text."""

from contextlib import suppress

from bot.change import Change
from bot.forges.base import Denied, Gone, Reaction, Refused
from bot.forges.github import answers
from bot.forges.github.client import Client
from bot.forges.github.credentials import Me
from bot.hooks.delivery import IN_REVIEW, IN_THREAD

# The other interface knows no reactions on reviews.
_ADD = """
mutation ($input: AddReactionInput!) {
  addReaction(input: $input) { reactionGroups { content viewerHasReacted } }
}
"""
_REMOVE = """
mutation ($input: RemoveReactionInput!) {
  removeReaction(input: $input) { clientMutationId }
}
"""
_CONTENT = {Reaction.SEEN: "EYES", Reaction.DONE: "THUMBS_UP", Reaction.CONFUSED: "CONFUSED"}


def react(client: Client, me: Me, change: Change, comment: str, reaction: Reaction) -> None:
    """Show this one in place of our earlier one; nothing if the comment is gone.

    ``comment`` is its id as in bot.hooks.delivery.Asked.
    """
    root = f"/repositories/{change.id.repository}"
    with suppress(Gone):
        if comment.startswith(IN_REVIEW):
            number = int(comment.removeprefix(IN_REVIEW))
            _on_review(client, f"{root}/pulls/{change.id.number}/reviews/{number}", reaction)
        elif comment.startswith(IN_THREAD):
            number = int(comment.removeprefix(IN_THREAD))
            _on_comment(client, me, f"{root}/pulls/comments/{number}/reactions", reaction)
        else:
            _on_comment(client, me, f"{root}/issues/comments/{int(comment)}/reactions", reaction)


def _on_comment(client: Client, me: Me, path: str, reaction: Reaction) -> None:
    """Add it first, then take our other ones away."""
    client.post(path, {"content": reaction.value}, answers.Reacted)
    for one in list(client.pages(path, answers.Reacted)):
        if me.wrote(one.user) and one.content != reaction.value:
            client.delete(f"{path}/{one.id}")


def _on_review(client: Client, path: str, reaction: Reaction) -> None:
    """Likewise; where we may not, a lacking thumb is no reason to stop."""
    subject, wanted = client.get(path, answers.Node).node_id, _CONTENT[reaction]
    with suppress(Denied, Refused):
        added = {"subjectId": subject, "content": wanted}
        there = client.graphql(_ADD, {"input": added}, answers.ReactionAnswer).add_reaction
        for one in there.reaction_groups:
            if (
                one.viewer_has_reacted
                and one.content in _CONTENT.values()
                and one.content != wanted
            ):
                other = {"subjectId": subject, "content": one.content}
                client.graphql(_REMOVE, {"input": other}, object)
