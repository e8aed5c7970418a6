#!/usr/bin/env python3
"""Measures Perennial beside its peers and prints medians, ratios and what was required.

ops/bench/run builds the program, makes the environment and calls this. Contestants of a row run in turn, round after
round, so that a machine that slows down slows down for all of them.
"""

import argparse
import json
import sys
from datetime import datetime, timezone
from pathlib import Path

import context as contexts
from row import Row

DEMO = contexts.REPOSITORY / "Configs/demo"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="ops/bench/run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, help="how often everything is measured; default 5, with --quick 1")
    parser.add_argument("--only", metavar="ROW,…", help="these rows")
    parser.add_argument("--quick", action="store_true", help="shorter stretches and smaller counts")
    parser.add_argument(
        "--data", type=Path, default=DEMO, help="folder with train.jsonl and test.jsonl; default the demo"
    )
    parser.add_argument("--threads", type=int, default=2, help="for every contestant; default 2")
    parser.add_argument(
        "--json", type=Path, default=contexts.REPOSITORY / ".build/bench.json", help="default .build/bench.json"
    )
    parser.add_argument("--list", action="store_true", help="print the rows")
    parser.add_argument("--program", type=Path, default=contexts.REPOSITORY / ".build/release/perennial")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/perennial/bench", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    for name in ("train.jsonl", "test.jsonl"):
        if not (options.data / name).is_file():
            parser.error(f"{options.data / name} is missing; --data names a folder with train.jsonl and test.jsonl")
    return options


def choose(rows: list[Row], only: str | None) -> list[Row]:
    """Raises ValueError naming the rows there are."""
    if only is None:
        return rows
    wanted = only.split(",")
    unknown = set(wanted) - {row.key for row in rows}
    if unknown:
        known = ", ".join(row.key for row in rows)
        raise ValueError(f"no row is called {', '.join(sorted(unknown))}; there are {known}")
    return [row for row in rows if row.key in wanted]


def measure(rows: list[Row], rounds: int) -> None:
    for number in range(rounds):
        for row in rows:
            if row.error:
                continue
            print(f"round {number + 1} of {rounds}: {row.key}", file=sys.stderr, flush=True)
            try:
                row.run(number)
            except (OSError, RuntimeError, ValueError, KeyError) as error:
                # One row that cannot be measured costs no other; it says why in its place.
                row.error = f"{type(error).__name__}: {error}"
                print(f"  {row.error}", file=sys.stderr, flush=True)


def number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}"


def table(summaries: list[dict]) -> str:
    lines = ["| Row | Medians | Figure | Required | Aim | Reached |", "|---|---|--:|--:|--:|---|"]
    for row in summaries:
        if "error" in row:
            lines.append(f"| {row['title']} | {row['error'][:120]} | | | | not measured |")
            continue
        medians = ", ".join(f"{name} {number(value)}" for name, value in row["medians"].items())
        notes = f" ({row['notes']})" if row["notes"] else ""
        sign = "≤ " if row["lower_is_better"] else "≥ "
        required = sign + number(row["required"]) if row["required"] is not None else ""
        lines.append(
            f"| {row['title']} | {medians} {row['unit']} | {number(row['figure'])} {row['figure_unit']}{notes} "
            f"| {required} | {number(row['aim'])} | {row['reached']} |"
        )
    return "\n".join(lines)


def main() -> int:
    options = arguments()
    try:
        # Imported after the arguments were read, so that --help answers at once.
        import compute_rows
        import service_rows

        context = contexts.Context(
            program=options.program.resolve(), train=options.data / "train.jsonl", test=options.data / "test.jsonl",
            # To list the rows takes no model.
            model=Path() if options.list else contexts.find_model(), threads=options.threads, quick=options.quick,
            cache=options.cache,
        )  # fmt: skip
        rows = choose(compute_rows.rows(context) + service_rows.rows(context), options.only)
        if options.list:
            print("\n".join(f"{row.key:16} {row.title}" for row in rows))
            return 0
        options.cache.mkdir(parents=True, exist_ok=True)
        measure(rows, options.rounds)
    except ValueError as error:
        print(f"ops/bench/run: {error}", file=sys.stderr)
        return 65
    result = {
        "when": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "command": " ".join(["ops/bench/run", *sys.argv[1:]]),
        "machine": contexts.machine(),
        "data": options.data.name,
        "rounds": options.rounds,
        "rows": [row.summary() for row in rows],
    }
    options.json.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(table(result["rows"]))
    print(f"\nmachine: {json.dumps(result['machine'])}\nJSON: {options.json}")
    return 1 if any("error" in row for row in result["rows"]) else 0


if __name__ == "__main__":
    sys.exit(main())
