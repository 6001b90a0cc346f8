#!/usr/bin/env python3
"""examples/pinterest with the emulator as its source, as its README says it: the three tables in a real PostgreSQL, a row number by chance every 0
to 2 seconds, the row of that number from each, until Ctrl-C. Also after a kill in the middle the three belong together."""
import pathlib
import re
import sys
import time
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1] / "databases")]
import pinterest_emulator_test as emulator  # noqa: E402
import servers  # noqa: E402
from served import DATA, Example, readme_of  # noqa: E402

DRAWS = 4
LONGEST_PAUSE_SECONDS = 2
NOISE_SECONDS = 60  # what a machine that does other things adds


def source_of_the_readme():
    block = re.search(r"^    sources:\n(?:    .+\n)+", readme_of("pinterest"), re.MULTILINE).group(0)
    return "".join(line[4:] + "\n" for line in block.splitlines())


class EmulatorTest(unittest.TestCase):
    def counts(self, example):
        return [example.rows(stream) for stream in ("pins", "places", "users")]

    def draw(self, example, more):
        """Waits for so many more rows; returns the seconds it took."""
        began, wanted = time.monotonic(), example.rows("users") + more
        example.wait_for(lambda: min(self.counts(example)) >= wanted, True)
        return time.monotonic() - began

    def test_rows_of_one_number_arrive_together_every_0_to_2_seconds_also_after_a_kill(self):
        tables = {table: emulator.rows_of(DATA / "pinterest", table) for table in emulator.TABLES}
        together = set.intersection(*(set(rows) for rows in tables.values()))
        with servers.Postgres() as server:
            for table, (_, columns) in emulator.TABLES.items():
                emulator.fill(server, table, columns, [row for index, row in tables[table].items() if index in together])
            source, found = re.subn(r"url: \S+", "url: " + server.url(), source_of_the_readme())
            self.assertEqual(found, 1)

            def with_emulator(text):
                return re.sub(r"^sources:\n(?:(?:  .*)?\n)+", lambda _: source + "\n", text, flags=re.MULTILINE)

            with Example("pinterest", change=with_emulator, environment={"PINTEREST_PASSWORD": servers.Postgres.password}) as example:
                took = self.draw(example, DRAWS)
                self.assertLess(took, DRAWS * LONGEST_PAUSE_SECONDS + NOISE_SECONDS)
                example.kill()
                example.start()
                self.draw(example, DRAWS)
                self.assertEqual(example.interrupt(), 0, "".join(example.output))
                drawn = [[row.split()[0] for row in example.command("sql", "--csv", query, str(example.file)).stdout.splitlines()[1:]]
                         for query in ("SELECT index FROM pins ORDER BY _seq", "SELECT ind FROM places ORDER BY _seq", "SELECT ind FROM users ORDER BY _seq")]
                self.assertGreaterEqual(len(drawn[0]), 2 * DRAWS)
                self.assertEqual(drawn[0], drawn[1])
                self.assertEqual(drawn[1], drawn[2])
                self.assertGreater(len(set(drawn[0])), 1, "not by chance")
                self.assertLessEqual({int(index) for index in drawn[0]}, together)
                joined = example.command("sql", "--csv", "SELECT count(*) AS n FROM pin JOIN geo USING (ind) JOIN member USING (ind)", str(example.file))
                self.assertEqual(joined.stdout.split(), ["n", str(len(set(drawn[0])))], joined.stderr)


if __name__ == "__main__":
    unittest.main()
