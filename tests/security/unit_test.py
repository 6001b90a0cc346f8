#!/usr/bin/env python3
"""The unit for systemd gives the service no more of the machine than it needs."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
UNIT = ROOT / "packaging" / "tailrace.service"
EXPOSURE_MAX = 1.5


def exposure(unit):
    told = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)], capture_output=True, text=True, timeout=60)
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", told.stdout)
    assert found, told.stdout + told.stderr
    return float(found.group(1))


class UnitTest(unittest.TestCase):
    def test_exposure_is_low(self):
        self.assertLessEqual(exposure(UNIT), EXPOSURE_MAX)

    def test_the_measure_notices_what_is_left_out(self):
        with tempfile.TemporaryDirectory() as folder:
            weaker = pathlib.Path(folder) / "tailrace.service"
            weaker.write_text(re.sub(r"(?m)^(CapabilityBoundingSet|SystemCallFilter|DynamicUser|User)=.*\n", "", UNIT.read_text()))
            self.assertGreater(exposure(weaker), EXPOSURE_MAX)

    def test_every_line_is_one_that_systemd_knows(self):
        with tempfile.TemporaryDirectory() as folder:
            unit = pathlib.Path(folder) / "tailrace.service"
            unit.write_text(UNIT.read_text().replace("/usr/bin/tailrace", "/bin/true"))
            told = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=60)
            about_us = [line for line in (told.stdout + told.stderr).splitlines() if "tailrace.service" in line]
            self.assertEqual(about_us, [])


if __name__ == "__main__":
    unittest.main()
