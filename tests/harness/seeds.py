"""The seed of a test that tries things at random: the same in each run of `make test`, so that what failed fails again and a change is not blamed
for what nobody had tried before. `make torture` sets another one each time, in TAILRACE_SEED; every such test prints its seed."""
import os

FIXED_SEED = 1


def seed_of_run():
    return int(os.environ.get("TAILRACE_SEED", FIXED_SEED))
