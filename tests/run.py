#!/usr/bin/env python3
"""Runs stages of tests and ends with one line, "N passed, N failed", over all of them.

Stages: build      compile the release preset
        release    every test that ctest knows there
        pipelines  `tailrace test` on every pipeline file with tests, under tests/pipelines/ and examples/
        asan tsan  build the named test programs with that preset, run them
        fuzz       every fuzz target for a few seconds (tests/fuzz/run)

A stage that cannot run counts as one failed test, and the others go on. A skipped test is a failed one: what cannot run
here must say so where somebody looks.
"""
import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLOSING_LINE = re.compile(r"(\d+) passed, (\d+) failed")
PIPELINE_TIMEOUT_SECONDS = 600
FUZZ_SECONDS = 6
# Of what failed, told once more at the end: who sees only the end of a long run sees why.
LAST_LINES = 25
LINES_OF_FAULT = 15
FAULT = re.compile(r"^ *not ok|: Failure$|^Traceback|^(FAIL|ERROR)\b|AssertionError|ERROR: \w+Sanitizer|runtime error:")


def telling(output):
    """The lines of a test's output that say why it failed: around its first fault, and the last ones."""
    lines = output.rstrip().splitlines()
    tail = max(len(lines) - LAST_LINES, 0)
    first = next((i for i, line in enumerate(lines) if FAULT.search(line)), tail)
    if first >= tail:
        return lines[tail:]
    end = min(first + LINES_OF_FAULT, tail)
    return [*lines[first:end], *(["..."] if end < tail else []), *lines[tail:]]


class Tally:
    """Counts of one stage, with a line and the end of the output for each thing that failed."""

    def __init__(self):
        self.passed = 0
        self.failures = []

    def fail(self, what, output=""):
        self.failures.append("\n   | ".join([what, *telling(output)]))


def say(text):
    print(text, flush=True)


def run(command, hide=None):
    """Runs with the output shown as it comes, less the lines that `hide` matches; returns the exit code."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    for line in process.stdout:
        if not (hide and hide.search(line)):
            sys.stdout.write(line)
            sys.stdout.flush()
    return process.wait()


def build(preset, targets, options):
    say(f"== build {preset}")
    configure = subprocess.run(["cmake", "--preset", preset], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if configure.returncode != 0:
        say(configure.stdout)
        return False
    command = ["cmake", "--build", "--preset", preset, "-j", str(options.build_jobs)]
    if targets:
        command += ["--target", *targets]
    return run(command) == 0


def ctest(folder, tally, options, selection=()):
    report = ROOT / folder / "ctest.xml"
    report.unlink(missing_ok=True)
    # ctest's own closing line would be a second count of the same tests.
    hide = re.compile(r"% tests passed, |^\s+Start +\d+:")
    code = run(["ctest", "--test-dir", folder, "-j", str(options.jobs), "--no-tests=error", "--output-on-failure",
                "--output-junit", str(report), *selection], hide)
    cases = xml.etree.ElementTree.parse(report).getroot().iter("testcase") if report.exists() else ()
    seen = 0
    for case in cases:
        seen += 1
        if case.get("status") == "run":
            tally.passed += 1
        else:
            tally.fail(f"{case.get('name')} ({case.get('status')})", case.findtext("system-out", ""))
    if seen == 0 or (code != 0 and not tally.failures):
        tally.fail(f"ctest in {folder}: exit code {code}, {seen} tests")


def stage_build(tally, options):
    if build("release", [], options):
        return
    tally.fail("build of preset release")


def stage_release(tally, options):
    ctest("build", tally, options)


def pipeline_files():
    for folder in ("tests/pipelines", "examples"):
        for path in sorted((ROOT / folder).rglob("*.yaml")):
            if re.search(r"^tests:", path.read_text(encoding="utf-8", errors="replace"), re.MULTILINE):
                yield path


def run_pipeline(path):
    """Returns (passed, failed, output) of one file."""
    try:
        result = subprocess.run([ROOT / "build/tailrace", "test", path], cwd=ROOT, text=True, errors="replace", stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PIPELINE_TIMEOUT_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return 0, 1, str(error)
    found = CLOSING_LINE.findall(result.stdout)
    if not found:
        return 0, 1, f"{result.stdout}\nno closing line; exit code {result.returncode}"
    passed, failed = map(int, found[-1])
    if failed == 0 and result.returncode != 0:
        failed = 1
    if passed + failed == 0:
        failed = 1
    return passed, failed, result.stdout


def stage_pipelines(tally, options):
    files = list(pipeline_files())
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for path, (passed, failed, output) in zip(files, pool.map(run_pipeline, files)):
            name = path.relative_to(ROOT)
            tally.passed += passed
            for _ in range(failed):
                tally.fail(f"{name}", output)
            say(f"{'ok    ' if failed == 0 else 'FAILED'} {name} ({passed} of {passed + failed})")
            if failed:
                say("".join(f"   | {line}\n" for line in output.splitlines()))


def sanitized(preset, wanted, tests, tally, options):
    """Only programs that exist are run: a folder without tests has none."""
    have = [name for name in wanted.split() if any((ROOT / "src" / name.removesuffix("_test")).rglob("*_test.cc"))]
    if not have:
        tally.fail(f"{preset}: no test program of '{wanted}'")
        return
    if not build(preset, have, options):
        tally.fail(f"build of preset {preset}")
        return
    ctest(f"build/{preset}", tally, options, ["-L", f"^({'|'.join(have)})$", "-R", tests])


def stage_asan(tally, options):
    sanitized("asan", options.asan, options.asan_tests, tally, options)


def stage_tsan(tally, options):
    sanitized("tsan", options.tsan, options.tsan_tests, tally, options)


def stage_fuzz(tally, options):
    process = subprocess.run([ROOT / "tests/fuzz/run", "--seconds", str(FUZZ_SECONDS), "--jobs", str(options.jobs)], cwd=ROOT, text=True,
                             errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    say(process.stdout)
    for verdict, name in re.findall(r"^(ok|FAILED) +(\w+) +\d+ inputs", process.stdout, re.MULTILINE):
        if verdict == "ok":
            tally.passed += 1
        else:
            tally.fail(f"fuzz target {name}")
    if tally.passed == 0 or (process.returncode != 0 and not tally.failures):
        tally.fail(f"tests/fuzz/run: exit code {process.returncode}")


STAGES = {"build": stage_build, "release": stage_release, "pipelines": stage_pipelines, "asan": stage_asan, "tsan": stage_tsan, "fuzz": stage_fuzz}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2, help="tests at a time")
    parser.add_argument("--build-jobs", type=int, default=2, help="compilers at a time")
    for name in ("asan", "tsan"):
        parser.add_argument(f"--{name}", default="", help=f"test programs of stage {name}")
        parser.add_argument(f"--{name}-tests", default=".", help="regular expression of the tests to run of these")
    parser.add_argument("stages", nargs="+", choices=STAGES)
    options = parser.parse_args()

    passed, failures, summary = 0, [], []
    for stage in options.stages:
        say(f"== {stage}")
        tally = Tally()
        began = time.monotonic()
        STAGES[stage](tally, options)
        summary.append(f"{stage:10} {tally.passed:5} ok {len(tally.failures):5} not ok {time.monotonic() - began:7.0f} s")
        passed += tally.passed
        failures += [f"{stage}: {what}" for what in tally.failures]
    say("")
    for line in summary:
        say(line)
    for line in failures:
        say(f"not ok: {line}")
    say(f"{passed} passed, {len(failures)} failed")
    return 0 if passed and not failures else 1


if __name__ == "__main__":
    sys.exit(main())
