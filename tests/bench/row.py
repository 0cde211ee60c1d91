"""What a benchmark has to say: one row a figure."""

from dataclasses import dataclass

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Row:
    """One figure. ``met`` is None where nothing is asked of it or it was not measured.

    ``gates``: a ratio or a count, which no machine excuses; a time only informs.
    """

    what: str
    figure: str
    how: str = ""
    aim: str = ""
    met: bool | None = None
    gates: bool = False

    @property
    def failed(self) -> bool:
        """Whether it is to be looked into."""
        return self.gates and self.met is False


def at_least(what: str, ratio: float, least: float, how: str, *, gates: bool = True) -> Row:
    """A ratio that should be large: how many times dearer the other is."""
    met = ratio >= least
    return Row(what, f"{ratio:.1f} times", how, f"at least {least:g}", met, gates)


def below(what: str, ratio: float, most: float, how: str) -> Row:
    """A ratio that should be small."""
    return Row(what, f"{ratio:.2f} times", how, f"below {most:g}", ratio < most, gates=True)


def missing(what: str, why: str) -> Row:
    """A figure that could not be had here."""
    return Row(what, NOT_MEASURED, why)
