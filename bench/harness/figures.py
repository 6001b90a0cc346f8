"""Figures: pairs of runs, their ratios, and whether a target is met."""
import dataclasses
import os
import pathlib
import statistics
import time

LOOK_SECONDS = 0.3
QUIET_IDLE_SHARE = 0.85
QUIET_SECONDS_MAX = 5  # then it goes on in the noise, and says so


@dataclasses.dataclass(frozen=True)
class Target:
    """A bound of a figure; `of` says whether it bounds the ratio to the peer or our value itself."""
    bound: float
    at_least: bool = True
    of: str = "ratio"

    def is_met(self, value):
        return value >= self.bound if self.at_least else value <= self.bound


def ratio_at_least(bound):
    return Target(bound)


def ratio_at_most(bound):
    return Target(bound, at_least=False)


def at_least(bound):
    return Target(bound, of="value")


def at_most(bound):
    return Target(bound, at_least=False, of="value")


@dataclasses.dataclass
class Line:
    """One row of the table: what was measured, ours and maybe a peer's, run by run."""
    case: str
    what: str
    unit: str
    ours: list
    peer: str = ""
    theirs: list = dataclasses.field(default_factory=list)
    target: Target | None = None

    @property
    def ratios(self):
        """Ours over theirs, pair by pair: both values of a pair were measured one after the other."""
        return [mine / other for mine, other in zip(self.ours, self.theirs) if other]

    @property
    def verdict(self):
        if self.target is None:
            return ""
        value = statistics.median(self.ratios if self.target.of == "ratio" else self.ours)
        return "hit" if self.target.is_met(value) else "MISSED"

    def to_json(self):
        target = dataclasses.asdict(self.target) if self.target else None
        return dataclasses.asdict(self) | {"target": target, "ratios": self.ratios, "verdict": self.verdict}

    @staticmethod
    def from_json(value):
        names = [field.name for field in dataclasses.fields(Line)]
        target = Target(**value["target"]) if value["target"] else None
        return Line(**{name: value[name] for name in names} | {"target": target})


class Runs:
    """What each contender measured, run by run: {contender: [{metric: value}]}."""

    def __init__(self, names):
        self.by_name = {name: [] for name in names}

    def of(self, name, metric):
        return [metrics[metric] for metrics in self.by_name[name]]

    def peak_mb(self, name):
        return max(self.of(name, "peak_mb"))


def run_pairs(contenders, pairs, say):
    """Runs all contenders `pairs` times in turn, each time beginning with another one.

    `contenders` maps a name to a function that does one run and returns its metrics.
    """
    names = list(contenders)
    runs = Runs(names)
    for pair in range(pairs):
        for name in names[pair % len(names):] + names[:pair % len(names)]:
            noise = "" if settle() else " (the machine was busy with something else)"
            metrics = contenders[name]()
            runs.by_name[name].append(metrics)
            say(f"  {pair + 1}/{pairs} {name}: " + ", ".join(f"{key} {value:,.6g}" for key, value in metrics.items()) + noise)
    return runs


def settle():
    """Lets the disk finish what the run before has left, and whoever else uses the processors; returns whether it is quiet."""
    os.sync()
    end = time.monotonic() + QUIET_SECONDS_MAX
    while _idle_share() < QUIET_IDLE_SHARE:
        if time.monotonic() > end:
            return False
    return True


def _idle_share():
    """How much of the processors' time nobody wanted, over a moment."""
    def times():
        fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return fields[3] + fields[4], sum(fields)

    idle_before, all_before = times()
    time.sleep(LOOK_SECONDS)
    idle, total = times()
    return (idle - idle_before) / max(1, total - all_before)


def memory_lines(case, runs):
    """The peak memory of each contender, as lines."""
    return [Line(case, f"peak memory of {name}", "MB", runs.of(name, "peak_mb")) for name in runs.by_name
            if runs.by_name[name] and "peak_mb" in runs.by_name[name][0]]


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
