// CHECK ends the program when something that cannot happen has happened. Never use it on bytes from disk, network or
// configuration: those are Errors.
#pragma once

namespace tailrace::internal {
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);
}

#define TR_CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::tailrace::internal::CheckFailed(#condition, __FILE__, __LINE__))
