"""`python -m benchmarks [PART] [--records N] [--attendees N] [--rounds N]`."""

import argparse

from . import asking, assistant, copying, importing, keeping, reading, starting, storing

PARTS = ("reading", "importing", "asking", "starting", "assistant", "copying", "keeping", "storing")


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("part", nargs="?", choices=PARTS, help="all of them if not given")
    parser.add_argument("--records", type=int, default=50_000, help="how many orders are read")
    parser.add_argument("--attendees", type=int, default=100_000, help="how many attendees are copied")
    parser.add_argument("--rounds", type=int, default=3, help="how often; medians are shown")
    asked = parser.parse_args()
    if asked.part in ("reading", None):
        reading.measure(asked.records, asked.rounds)
    if asked.part in ("importing", None):
        importing.measure(7 * asked.rounds)
    if asked.part in ("asking", None):
        asking.measure(asked.rounds)
    if asked.part in ("starting", None):
        starting.measure(7 * asked.rounds)
    if asked.part in ("assistant", None):
        assistant.measure(asked.rounds)
    if asked.part in ("copying", None):
        copying.measure(asked.attendees, asked.rounds)
    if asked.part in ("keeping", None):
        keeping.measure()
    if asked.part in ("storing", None):
        storing.measure()


if __name__ == "__main__":
    main()
