"""The command line. Each command imports what it needs when it runs, since people wait for it."""

import sys
from enum import StrEnum
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.ending import end_in_order, printed

app = typer.Typer(
    name="redline",
    help="Reviews changes to infrastructure code, on the forge and in a terminal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Format(StrEnum):
    """What ``redline review`` writes."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    CODEQUALITY = "codequality"
    MARKDOWN = "markdown"
    HTML = "html"


class FailOn(StrEnum):
    """From which severity on the exit status is 1."""

    BLOCKING = "blocking"
    WARNING = "warning"
    NEVER = "never"


class AuditFormat(StrEnum):
    """What ``redline audit`` writes."""

    JSON = "json"
    CSV = "csv"


class RulesFormat(StrEnum):
    """What ``redline rules`` writes."""

    TEXT = "text"
    JSON = "json"


class Queue(StrEnum):
    """The two queues: short tasks, and reviews."""

    QUICK = "quick"
    REVIEW = "review"


def _version(asked: bool) -> None:
    if asked:
        from bot import VERSION

        typer.echo(f"redline {VERSION}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Reviews changes to infrastructure code, on the forge and in a terminal."""


@app.command()
def review(
    path: Annotated[Path, typer.Argument(help="A folder of the repository.")] = Path(),
    base: Annotated[
        str, typer.Option(help="The branch that the change is for, not the default one.")
    ] = "",
    head: Annotated[str, typer.Option(help="Review this commit, not the working tree.")] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Everything at head counts as new.")
    ] = False,
    no_tools: Annotated[
        bool, typer.Option("--no-tools", help="Only what needs no external program.")
    ] = False,
    format: Annotated[Format, typer.Option(help="What to write.")] = Format.TEXT,  # noqa: A002
    output: Annotated[Path, typer.Option(help="Write to this file.", show_default="stdout")] = Path(
        "-"
    ),
    report: Annotated[
        list[str] | None,
        typer.Option(help="Write this too; may be repeated.", metavar="FORMAT=FILE"),
    ] = None,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(help="Exit with 1 from this on.", show_default="the repository's gate"),
    ] = None,
) -> None:
    """Review a change of a local repository as the bot would.

    The change is what the working tree has, uncommitted and untracked files too, and the
    default branch has not. Only what is new counts.

    Exits with 1 if something blocks, else with 2 if something could not be checked, else with 0.
    """
    from bot.cli.review import Request, examine

    request = Request(path, base, head, everything, not no_tools, report or ())
    raise typer.Exit(printed(lambda: examine(request, format, output, fail_on)))


@app.command()
def rules(
    name: Annotated[str, typer.Argument(help="One rule, whole; or a tool, for its codes.")] = "",
    format: Annotated[RulesFormat, typer.Option(help="What to write.")] = RulesFormat.TEXT,  # noqa: A002
) -> None:
    """What is judged, and why; with a name, one rule whole."""
    from bot.cli.rules import explain

    raise typer.Exit(printed(lambda: explain(name, format)))


@app.command()
def doctor(
    repository: Annotated[
        str, typer.Argument(help="OWNER/REPO: does Redline really block there?")
    ] = "",
) -> None:
    """What is there, what is missing, and how to get it.

    Exits with 1 if something is missing that each review needs. With a repository: whether its
    rules hold a change back until Redline's status is green, what Redline may do there, whether
    webhooks arrive; exits with 1 if it only advises or something is missing, with 2 if it is not
    there or nobody can tell.
    """
    from bot.cli.doctor import examine
    from bot.cli.protection import examine as examine_repository

    act = partial(examine_repository, repository) if repository else examine
    raise typer.Exit(printed(act))


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="A folder of the repository.")] = Path(),
) -> None:
    """Write a first .redline.yaml, and print a job for CI.

    A file that is there already is left as it is.
    """
    from bot.cli.init import begin

    raise typer.Exit(printed(lambda: begin(path)))


@app.command()
def audit(
    format: Annotated[AuditFormat, typer.Option(help="What to write.")] = AuditFormat.JSON,  # noqa: A002
) -> None:
    """Who allowed and acknowledged what, when, and why."""
    from bot.cli.audit import export

    raise typer.Exit(printed(lambda: export(format)))


@app.command()
def serve() -> None:
    """The whole server on one machine, in one command."""
    from bot.cli.operate import serve as run

    raise typer.Exit(run())


@app.command()
def receiver() -> None:
    """Take webhooks: one part of the server."""
    from bot.cli.operate import receiver as run

    raise typer.Exit(run())


@app.command()
def worker(
    queue: Annotated[Queue | None, typer.Option(help="One queue only.")] = None,
) -> None:
    """Review what is queued: one part of the server."""
    from bot.cli.operate import worker as run

    raise typer.Exit(run(queue))


@app.command()
def reconciler() -> None:
    """Fill the queues, find what was missed: one part of the server."""
    from bot.cli.operate import reconciler as run

    raise typer.Exit(run())


def main() -> None:
    """Run the command line."""
    end_in_order()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a path may hold any letter
    app()
