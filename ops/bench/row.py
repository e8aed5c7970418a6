"""What a row of the table is: measurements taken in turn, and the one figure that is judged."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field

Measure = Callable[[int], float]


@dataclass
class Row:
    key: str
    title: str
    #: Of what the contestants measure.
    unit: str
    #: Name → measure(round). Run in this order in every round, so that a drifting machine drifts for all.
    contestants: dict[str, Measure]
    #: Medians by name → the figure that is judged.
    figure: Callable[[dict[str, float]], float]
    #: Of the figure: "×", "s", "ms", …
    figure_unit: str
    at_least: float | None = None
    at_most: float | None = None
    aim: float | None = None
    #: More figures, printed under the row.
    notes: Callable[[dict[str, float]], str] | None = None
    samples: dict[str, list[float]] = field(default_factory=dict)
    error: str | None = None

    def run(self, round_number: int) -> None:
        for name, measure in self.contestants.items():
            self.samples.setdefault(name, []).append(measure(round_number))

    @property
    def medians(self) -> dict[str, float]:
        return {name: statistics.median(values) for name, values in self.samples.items()}

    def reached(self, value: float) -> str:
        """aim, yes, no, or nothing where there is no requirement."""

        def within(limit: float) -> bool:
            return value <= limit if self.at_most is not None else value >= limit

        required = self.at_most if self.at_most is not None else self.at_least
        if required is None:
            return ""
        if self.aim is not None and within(self.aim):
            return "aim"
        return "yes" if within(required) else "no"

    def summary(self) -> dict:
        result = {"key": self.key, "title": self.title, "unit": self.unit, "samples": self.samples}
        if self.error is not None:
            return result | {"error": self.error}
        value = self.figure(self.medians)
        required = self.at_most if self.at_most is not None else self.at_least
        return result | {
            "medians": self.medians,
            "figure": value,
            "figure_unit": self.figure_unit,
            "required": required,
            "lower_is_better": self.at_most is not None,
            "aim": self.aim,
            "reached": self.reached(value),
            "notes": self.notes(self.medians) if self.notes else None,
        }


def ratio(over: str, under: str) -> Callable[[dict[str, float]], float]:
    return lambda medians: medians[over] / medians[under]


def only(name: str) -> Callable[[dict[str, float]], float]:
    return lambda medians: medians[name]
