// TR_CRASH_POINT marks a border between two steps that a crash must not be able to tell apart, so that a test can kill
// there.
//
//   TR_RETURN_IF_ERROR(store_.Sync());
//   TR_CRASH_POINT("log.synced");
//   Tell(waiters);
//
// It does nothing unless the environment names it: TAILRACE_CRASH_AT=log.synced, or log.synced:3 for the third pass.
// Then the process sends itself SIGKILL, which no handler, destructor or buffer survives. Names are
// FOLDER.WHAT_HAS_JUST_HAPPENED, in lower case; tests/crash/ finds them in the source and kills at each.
//
// Threads: any; passes are counted over all of them. Cost when not armed: one relaxed load. The environment is read
// once, at program start; a count that is no positive number ends the program there with exit code 2.
#pragma once

#include <atomic>
#include <string_view>

namespace tailrace::internal {
extern std::atomic<bool> crash_points_armed;
void PassCrashPoint(std::string_view name);
}  // namespace tailrace::internal

#define TR_CRASH_POINT(name)                                                                   \
  do {                                                                                         \
    if (::tailrace::internal::crash_points_armed.load(std::memory_order_relaxed)) [[unlikely]] \
      ::tailrace::internal::PassCrashPoint(name);                                              \
  } while (false)
