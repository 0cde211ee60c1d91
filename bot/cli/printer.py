"""Where the commands print."""

from rich.console import Console


class Printer(Console):
    """A console that leaves it to ``ending.printed`` what a reader means who is gone."""

    def on_broken_pipe(self) -> None:
        """Called by rich, which would end the program as if something had been found."""
        raise BrokenPipeError
