// The key that secrets of access keys are sealed with: a file of 32 random bytes beside control.sqlite, readable by its owner alone.
#pragma once

#include <string>

#include "base/result.h"

namespace tailrace::control {

// Of the file beside `control_path`.
std::string SealKeyPath(const std::string& control_path);

// kNotFound: it is not there. kCorruption: it is of another length.
Result<std::string> ReadSealKey(const std::string& path);

// The same, made first when it is missing; of two that make it at a time both get the same.
// Durability: on stable storage when this returns. kUnavailable: it cannot be written.
Result<std::string> SealKeyBeside(const std::string& control_path);

}  // namespace tailrace::control
