# The commands of daily work. CMake does the building; the presets are in CMakePresets.json.
#
#   make build    the program, at build/tailrace             make asan     tests under AddressSanitizer and UBSan
#   make test     set up, build, run every test              make tsan     tests under ThreadSanitizer
#   make demo     an example, running (EXAMPLE=walmart)      make tidy     clang-tidy over our code
#   make bench    speed, beside other programs               make format   clang-format over changed lines
#   make check    the tests of the release build only        make clean    remove build/
#   make screenshots  every page of the console, drawn into docs/screenshots/
#   make mutants  deliberate faults, each of which a test must catch
#   make torture  kills, power cuts, failing calls ... for MINUTES each, counted in docs/reliability.md

JOBS      ?= $(shell nproc)
TEST_JOBS ?= 2

# What runs under a sanitizer: the test program of a folder (src/log has log_test), and which of its tests.
# DuckDB comes compiled without ThreadSanitizer, which then sees races that are none: only folders without it stand there.
ASAN_PROGRAMS = base_test model_test crypto_test auth_test control_test sql_test config_test log_test documents_test warehouse_test engine_test server_test
ASAN_TESTS    = .
TSAN_PROGRAMS = base_test log_test
TSAN_TESTS    = .

RUN_TESTS = python3 tests/run.py --jobs $(TEST_JOBS) --build-jobs $(JOBS)

.PHONY: all setup build check test demo bench asan tsan tidy format clean mutants torture screenshots
all: build

setup:
	@tools/setup

build: setup
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j $(JOBS) --target tailrace

check: setup
	@$(RUN_TESTS) build release pipelines

# Every stage runs, also after one has failed; the last line is the sum over all of them.
test: setup
	@$(RUN_TESTS) --asan '$(ASAN_PROGRAMS)' --asan-tests '$(ASAN_TESTS)' \
	  --tsan '$(TSAN_PROGRAMS)' --tsan-tests '$(TSAN_TESTS)' build release pipelines asan tsan fuzz

asan: setup
	@$(RUN_TESTS) --asan '$(ASAN_PROGRAMS)' --asan-tests '$(ASAN_TESTS)' asan

tsan: setup
	@$(RUN_TESTS) --tsan '$(TSAN_PROGRAMS)' --tsan-tests '$(TSAN_TESTS)' tsan

mutants: setup
	@tests/mutants/run --record --jobs $(JOBS)

screenshots: build
	@node tests/browser/screenshots.mjs

demo: build
	@tools/demo

bench: build
	@bench/run

tidy: setup
	@cmake --preset tidy >/dev/null
	@cmake --build --preset tidy -j $(JOBS)

format: setup
	@git-clang-format-14 --force --binary clang-format-14 --extensions h,cc

clean:
	@rm -rf build

# FAULT: kill points syscalls flips diskfull powercut examples fuzz seeds; all of them when none is named.
MINUTES ?= 20
torture: build
	@tests/torture/run --record --minutes $(MINUTES) $(FAULT)
