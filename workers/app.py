"""The Celery app of the workers, and what its tasks work with."""

from functools import cache

from celery import Celery

from bot.broker import celery
from bot.change import ForgeName
from bot.forges import github, gitlab
from bot.forges.base import Forge
from bot.ledger import Ledger
from bot.settings import Settings, load
from workers import delivery

SLACK_SECONDS = 120  # a task's own limit lies above the review's: the review must end itself


@cache
def settings() -> Settings:
    """The server's settings, read once a process."""
    return load()


@cache
def ledger() -> Ledger:
    """The ledger, opened once a process: never before a fork, which would share its connections."""
    return Ledger.open(settings().database, recheck_seconds=settings().recheck_seconds)


@cache
def forge(name: ForgeName) -> Forge:
    """The forge of this name, as our account sees it."""
    if name is ForgeName.GITHUB and settings().github:
        return github.connect(settings())
    if name is ForgeName.GITLAB and settings().gitlab:
        return gitlab.connect(settings())
    raise ValueError(f"no forge {name} is configured")


def make() -> Celery:
    """The app that ``redline worker`` runs."""
    chosen = settings()
    delivery.use()
    return celery(chosen.broker_url.get_secret_value(), chosen.review_seconds + SLACK_SECONDS)
