#!/usr/bin/env python3
"""The READMEs of the examples, followed to the letter: one command builds up each example, the commands below it answer what is shown, and
Ctrl-C ends it cleanly."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from served import DATA, PATIENCE_SECONDS, ROOT, TAILRACE, Example, readme_of  # noqa: E402

ADDRESS = "localhost:7070"
COMMANDS_MIN = 5
# What may be asked again until the records are in; anything else is done once.
ASKS = re.compile(r"^(curl (?!.* -d )|tailrace (sql|dlq list|dlq show|audit))")


def transcript(text):
    """(command, lines shown below it), in their order."""
    found = []
    for line in text.splitlines():
        shown = line.startswith("    ")
        if shown and line.startswith("    $ "):
            found.append((line[6:], []))
        elif shown and found and found[-1][1] is not None and not line.startswith("    # "):
            found[-1][1].append(line[4:])
        elif found:
            found.append((None, None))
    return [(command, lines) for command, lines in found if command]


def is_as_shown(output, lines):
    """Whether the pieces between the dots are there in their order, the first at the beginning."""
    if not lines:
        return True
    at, wanted = 0, "\n".join(lines)
    for number, piece in enumerate(part.strip() for part in wanted.split("...")):
        found = output.find(piece, at) if piece else at
        if found < 0 or (number == 0 and piece and found != 0):
            return False
        at = found + len(piece)
    return True


class ReadmesTest(unittest.TestCase):
    maxDiff = None

    def follow(self, name):
        commands = transcript(readme_of(name))
        self.assertGreaterEqual(len(commands), COMMANDS_MIN, commands)
        with Example(name) as example:
            python = example.folder / "bin" / "python3"
            python.write_text('#!/bin/sh\nexec "%s" "$@"\n' % sys.executable)
            python.chmod(0o755)
            for command, lines in commands:
                self.step(example, command, lines)
            self.assertEqual(example.interrupt(), 0, "".join(example.output))
            self.assertEqual(example.output[-1], "stopped\n", "".join(example.output))

    def step(self, example, command, lines):
        ends = time.monotonic() + (PATIENCE_SECONDS if ASKS.match(command) else 0)
        typed = command.replace(ADDRESS, example.address.removeprefix("http://"))
        while True:
            done = subprocess.run(["bash", "-c", typed], cwd=example.folder, env=example.environment, stdin=subprocess.DEVNULL, text=True,
                                  capture_output=True, timeout=PATIENCE_SECONDS)
            output = done.stdout.replace("\r\n", "\n")
            refused = ASKS.match(command) and output.startswith('{"error"')
            if done.returncode == 0 and not refused and is_as_shown(output, lines):
                return
            if time.monotonic() > ends:
                self.fail("README of %s: %s\n%s%s\nis not as shown:\n%s" % (example.name, command, output[:3000], done.stderr, "\n".join(lines)))
            time.sleep(0.3)

    def demonstrate(self, name, stop=signal.SIGINT):
        self.assertRegex(readme_of(name), r"(?m)^    make demo%s$" % ("" if name == "retail" else " EXAMPLE=" + name))
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"EXAMPLE": name, "DEMO_PORT": "0", "DEMO_DIR": folder, "TAILRACE": TAILRACE, "TAILRACE_DATA": str(DATA)}
            demo = subprocess.Popen([ROOT / "tools" / "demo"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True, start_new_session=True)
            said = []
            for line in demo.stdout:
                said.append(line)
                if line.startswith("Serving on "):
                    break
            os.killpg(demo.pid, stop)
            rest, _ = demo.communicate(timeout=PATIENCE_SECONDS)
            said = "".join(said) + rest
            self.assertEqual(demo.returncode, 0, said)
            address = re.search(r"^Serving on http://(\S+?):(\d+) ", said, re.MULTILINE)
            with self.assertRaises(ConnectionRefusedError, msg="the server goes on"):
                socket.create_connection((address[1], int(address[2]))).close()
            answers = re.findall(r"^# .*\n\$ curl .*\n(.*)$", said, re.MULTILINE)
            self.assertGreaterEqual(len(answers), 4, said)
            for answer in answers:
                self.assertRegex(answer, r"^\{", said)
                self.assertNotRegex(answer, r'^\{"(error|data":\[\])', said)


    def test_a_demonstration_that_is_ended_takes_its_server_along(self):
        self.demonstrate("amazon", stop=signal.SIGTERM)

    def test_without_their_data_the_stand_ins_say_what_is_missing(self):
        for script in ("walmart/apis.py", "flights/qpx.py"):
            done = subprocess.run([sys.executable, ROOT / "examples" / script, "--data", "/nowhere", "--", "true"], capture_output=True, text=True,
                                  timeout=PATIENCE_SECONDS)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertRegex(done.stderr.splitlines()[-1], "/nowhere/%s.* is not there: TAILRACE_DATA" % script.split("/")[0])


def add(name):
    setattr(ReadmesTest, "test_commands_of_%s_answer_what_is_shown" % name, lambda self: self.follow(name))
    setattr(ReadmesTest, "test_one_command_shows_%s_until_ctrl_c" % name, lambda self: self.demonstrate(name))


for each in ("retail", "amazon", "pinterest", "walmart", "flights"):
    add(each)


if __name__ == "__main__":
    unittest.main(verbosity=2)
