#!/usr/bin/env python3
"""Includes go one way, and a vendor's header is included only where that vendor is wrapped.

What a folder may include is what src/CMakeLists.txt gives it: the folders after DEPENDS, the vendors after VENDORS. This
test holds every #include against that, and that list against the few rules below, so that a wrong layer cannot come in
by way of the build file either. Before it looks at src/ it plants violations in a scratch tree and sees each one found.
"""
import os
import pathlib
import re
import sys
import tempfile

# Folders lowest first. Each may depend on those before it, less what FORBIDDEN takes away.
ORDER = ["base", "model", "schedule", "crypto", "auth", "sqlite", "sql", "config", "ports", "control", "notify", "http_client", "log", "warehouse", "documents", "sources", "lake", "databases", "engine", "server", "app"]
SIBLINGS = ["notify", "http_client", "log", "warehouse", "documents", "sources", "lake", "databases"]
FORBIDDEN = {folder: set(SIBLINGS) - {folder} for folder in SIBLINGS} | {"engine": set(SIBLINGS), "server": set(SIBLINGS)}

# Folders inside a folder, lowest first: each may include those before it, and of the folder itself only the headers named here, which
# have no code behind them. What stands in the folder itself may include all.
PARTS = {"server": (["http", "doors", "queries", "streams", "dashboards", "graph", "admin", "console"],
                    {"binary_answers.h", "exports.h", "options.h", "parts_status.h", "services.h", "settings.h"})}

# Where each vendor is wrapped, and what its headers are called. None: anywhere.
VENDORS = {
    "duckdb": (["sql"], r"duckdb\.h"),
    "boost": (["server"], r"boost/.*"),
    "sqlite": (["sqlite"], r"sqlite3(ext)?\.h"),
    "fyaml": (["config"], r"libfyaml\.h"),
    "simdjson": (["model", "documents", "app"], r"simdjson\.h"),
    "json": (["sql"], r"nlohmann/.*"),
    "flatbuffers": (["sql"], r"flatbuffers/.*"),
    "lz4": (["log", "sources", "server"], r"lz4\w*\.h"),
    "expat": (["sources"], r"expat\.h"),
    "zstd": (["log", "sources", "lake", "server"], r"zstd\w*\.h|zdict\.h"),
    "zlib": (["sources", "server"], r"zlib\.h"),
    "libpq": (["databases"], r"libpq-fe\.h"),
    "libmariadb": (["databases"], r"mysql\.h"),
    "spdlog": (["base"], r"spdlog/.*"),
    "expected": (None, r"tl/expected\.hpp"),
    "curl": (["http_client", "notify"], r"curl/.*"),
    "openssl": (["crypto"], r"openssl/.*"),
    "date": (["schedule"], r"date/.*"),
    "cli11": (["app"], r"CLI/.*"),
    "fmt": (None, r"fmt/.*"),
}
TEST_HEADERS = re.compile(r"(gtest|gmock)/.*")

# Headers of vendors that cost seconds to compile or rename half the world: a header of ours that shows one stays at home.
STAYS_AT_HOME = {"duckdb", "boost", "sqlite", "fyaml", "simdjson", "json", "flatbuffers", "cli11", "curl"}

# Besides the C++ library (no dot, no slash) these come with the platform.
PLATFORM = re.compile(r"\w+|(sys|netinet|arpa|linux|net|bits)/\w+\.h|\w*intrin\.h|"
                      r"(unistd|fcntl|dirent|poll|pthread|sched|signal|termios|time|errno|string|strings|stdlib|stdint|stdio|limits|"
                      r"netdb|fnmatch|glob|dlfcn|malloc|endian|byteswap|getopt|execinfo|langinfo|locale|math|spawn|pwd|grp|regex)\.h")

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
FOLDER_LINE = re.compile(r"^tailrace_folder\(([^)]*)\)", re.MULTILINE)


def read_build_file(text):
    """Returns {folder: {keyword: [name]}} of the tailrace_folder lines, in their order."""
    folders = {}
    for match in FOLDER_LINE.finditer(text):
        words = match.group(1).split()
        lists = folders[words[0]] = {"DEPENDS": [], "VENDORS": [], "TEST_DEPENDS": []}
        current = None
        for word in words[1:]:
            if word in lists:
                current = word
            else:
                lists[current].append(word)
    return folders


def build_file_faults(folders):
    where = "src/CMakeLists.txt"
    seen = []
    for folder, lists in folders.items():
        if folder not in ORDER:
            yield f"{where}: folder {folder} is not in ORDER of tests/layers_test.py"
        for dependency in lists["DEPENDS"]:
            if dependency not in seen:
                yield f"{where}: {folder} depends on {dependency}, which does not stand above it"
            if dependency in FORBIDDEN.get(folder, ()):
                yield f"{where}: {folder} may not depend on {dependency}"
        for vendor in lists["VENDORS"]:
            if vendor not in VENDORS:
                yield f"{where}: vendor {vendor} is not in VENDORS of tests/layers_test.py"
            elif VENDORS[vendor][0] is not None and folder not in VENDORS[vendor][0]:
                yield f"{where}: {vendor} is wrapped in {', '.join(VENDORS[vendor][0])}, not in {folder}"
        seen.append(folder)
    if [folder for folder in ORDER if folder in seen] != [folder for folder in seen if folder in ORDER]:
        yield f"{where}: the folders do not stand in the order {' '.join(ORDER)}"


def vendor_of(header):
    for name, (_, pattern) in VENDORS.items():
        if re.fullmatch(pattern, header):
            return name
    return None


def part_may_include(file, header):
    """Whether the order of the parts of a folder lets `file` include `header`, both as the names of their path."""
    if file[0] != header[0] or file[0] not in PARTS or len(file) < 3:
        return True
    parts, open_headers = PARTS[file[0]]
    if len(header) < 3:
        return header[1] in open_headers
    return file[1] in parts and header[1] in parts[:parts.index(file[1]) + 1]


def is_test(path):
    return path.stem.endswith("_test") or "testing" in path.parts


def faults_of(root):
    """Every violation below root/src, as text with its place."""
    source = root / "src"
    folders = read_build_file((source / "CMakeLists.txt").read_text())
    faults = list(build_file_faults(folders))
    includes, vendors_shown = {}, {}
    files = sorted(path for path in source.rglob("*") if path.suffix in (".h", ".cc"))
    for path in files:
        relative = path.relative_to(source)
        folder = relative.parts[0]
        name = relative.as_posix()
        if folder not in folders:
            faults.append(f"src/{name}: {folder}/ has no line in src/CMakeLists.txt")
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        allowed = {folder, *folders[folder]["DEPENDS"]} | (set(folders[folder]["TEST_DEPENDS"]) if is_test(relative) else set())
        includes[name], vendors_shown[name] = [], set()
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start(1) if match.group(1) else match.start(2)) + 1
            place = f"src/{name}:{line}"
            if match.group(1):
                header = match.group(1)
                includes[name].append((header, place))
                if header.split("/")[0] not in allowed:
                    faults.append(f"{place}: {folder} may not include \"{header}\"")
                if not is_test(relative) and not part_may_include(relative.parts, header.split("/")):
                    faults.append(f"{place}: {'/'.join(relative.parts[:2])} may not include \"{header}\"")
                if "/testing/" in header and not is_test(relative):
                    faults.append(f"{place}: \"{header}\" is for tests only")
                continue
            header = match.group(2)
            vendor = vendor_of(header)
            if vendor:
                vendors_shown[name].add(vendor)
                homes = VENDORS[vendor][0]
                if homes is not None and folder not in homes:
                    faults.append(f"{place}: <{header}> is included only in {', '.join(homes)}")
            elif TEST_HEADERS.fullmatch(header):
                if not is_test(relative):
                    faults.append(f"{place}: <{header}> is for *_test.cc and testing/")
            elif not PLATFORM.fullmatch(header):
                faults.append(f"{place}: <{header}> belongs to no vendor that tests/layers_test.py knows")
    faults += leak_faults(includes, vendors_shown)
    return faults


def leak_faults(includes, vendors_shown):
    """A header that shows a heavy vendor, by itself or by what it includes, is not included from another folder."""
    shown = {}

    def vendors_of(name, busy=()):
        if name not in shown and name not in busy:
            found = set(vendors_shown.get(name, ()))
            for header, _ in includes.get(name, ()):
                found |= vendors_of(header, (*busy, name))
            shown[name] = found & STAYS_AT_HOME
        return shown.get(name, set())

    for name, headers in includes.items():
        for header, place in headers:
            if header.split("/")[0] != name.split("/")[0]:
                for vendor in sorted(vendors_of(header)):
                    yield f"{place}: \"{header}\" brings the headers of {vendor} out of their folder"


# A small tree that is right, and what breaks each rule when it is written over it: (file, text, a part of the fault).
RIGHT = {
    "src/CMakeLists.txt": "tailrace_folder(base VENDORS fmt)\ntailrace_folder(model DEPENDS base VENDORS simdjson)\n"
                          "tailrace_folder(ports DEPENDS base model)\ntailrace_folder(log DEPENDS base model ports VENDORS lz4)\n"
                          "tailrace_folder(documents DEPENDS base model ports VENDORS simdjson)\n"
                          "tailrace_folder(engine DEPENDS base model ports)\ntailrace_folder(server DEPENDS base)\n",
    "src/base/a.h": "#pragma once\n#include <vector>\n#include <fmt/core.h>\n#include <sys/mman.h>\n#include <unistd.h>\n",
    "src/model/b.cc": '#include "base/a.h"\n#include <simdjson.h>\n',
    "src/ports/testing/fake.h": '#include <gtest/gtest.h>\n#include "base/a.h"\n',
    "src/server/queries/q.cc": '#include "server/http/reply.h"\n#include "server/options.h"\n',
    "src/server/server.cc": '#include "server/queries/q.h"\n',
    "src/log/log_test.cc": '#include <gtest/gtest.h>\n#include "ports/testing/fake.h"\n',
}
PLANTED = [
    ("src/base/up.cc", '#include "model/b.h"\n', 'base may not include "model/b.h"'),
    ("src/log/side.cc", '#include "documents/c.h"\n', 'log may not include "documents/c.h"'),
    ("src/engine/deep.cc", '#include "log/log.h"\n', 'engine may not include "log/log.h"'),
    ("src/engine/wrapped.cc", "\n  #  include <duckdb.h>\n", "src/engine/wrapped.cc:2: <duckdb.h> is included only in sql"),
    ("src/base/net.h", "#include <boost/asio.hpp>\n", "<boost/asio.hpp> is included only in server"),
    ("src/base/pretend.cc", "#include <gtest/gtest.h>\n", "is for *_test.cc and testing/"),
    ("src/log/shortcut.cc", '#include "ports/testing/fake.h"\n', "is for tests only"),
    ("src/base/stranger.cc", "#include <rapidjson/reader.h>\n", "belongs to no vendor"),
    ("src/extra/new.cc", "#include <vector>\n", "extra/ has no line in src/CMakeLists.txt"),
    ("src/CMakeLists.txt", RIGHT["src/CMakeLists.txt"] + "tailrace_folder(server DEPENDS base log)\n", "server may not depend on log"),
    ("src/CMakeLists.txt", RIGHT["src/CMakeLists.txt"].replace("DEPENDS base VENDORS", "DEPENDS log VENDORS"),
     "model depends on log, which does not stand above it"),
    ("src/CMakeLists.txt", RIGHT["src/CMakeLists.txt"].replace("VENDORS lz4", "VENDORS boost"), "boost is wrapped in server, not in log"),
    ("src/server/http/up.cc", '#include "server/queries/q.h"\n', 'server/http may not include "server/queries/q.h"'),
    ("src/server/http/out.cc", '#include "server/server.h"\n', 'server/http may not include "server/server.h"'),
    ("src/server/new/x.cc", '#include "server/http/reply.h"\n', 'server/new may not include "server/http/reply.h"'),
    ("src/ports/leak.cc", '#include "model/json.h"\n', "brings the headers of simdjson out of their folder"),
]


def plant(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def blind_spots():
    """What the check fails to see of the planted violations, and what it wrongly sees in a tree that is right."""
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch) / "right"
        plant(root, RIGHT)
        for fault in faults_of(root):
            yield f"found in a tree without fault: {fault}"
        for number, (name, text, expected) in enumerate(PLANTED):
            root = pathlib.Path(scratch) / str(number)
            plant(root, RIGHT | {"src/model/json.h": "#include <simdjson.h>\n"} | {name: text})
            if not any(expected in fault for fault in faults_of(root)):
                yield f"not found: '{expected}' planted in {name}"


def main():
    root = pathlib.Path(os.environ.get("TAILRACE_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
    faults = list(blind_spots()) + faults_of(root)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
