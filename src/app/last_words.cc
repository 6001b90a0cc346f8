#include "app/last_words.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>

#include "app/exit_code.h"

namespace tailrace::app {
namespace {

// stdio without a buffer of its own to fill: there may be no memory left.
[[noreturn]] void End(const char* reason) {
  std::fprintf(stderr, "error: %s; the server ends here, as after a kill, and the next start goes on\n", reason);
  std::_Exit(static_cast<int>(ExitCode::kFailed));
}

[[noreturn]] void SayLastWords() {
  const std::exception_ptr thrown = std::current_exception();
  if (!thrown) std::abort();
  try {
    std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    End("out of memory");
  } catch (const std::exception& error) {
    End(error.what());
  } catch (...) {
    End("an exception without a text");
  }
}

}  // namespace

void InstallLastWords() { std::set_terminate(SayLastWords); }

}  // namespace tailrace::app
