// What the program tells its caller by its exit code.
#pragma once

#include "base/error.h"

namespace tailrace::app {

enum class ExitCode {
  kDone = 0,
  kNo = 1,      // it ran, and the answer is no: a test fails, a log is damaged, a row was refused
  kWrong = 2,   // the pipeline file or the command line is wrong
  kFailed = 3,  // a peer, the disk or another process stands in the way
};

inline ExitCode ExitCodeOf(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kInvalid:
    case ErrorCode::kNotFound:
      return ExitCode::kWrong;
    default:
      return ExitCode::kFailed;
  }
}

}  // namespace tailrace::app
