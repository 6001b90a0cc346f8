// The file of control.sqlite, before SQLite opens it.
#pragma once

#include <string>

#include "base/result.h"

namespace tailrace::control {

// There, and readable by its owner alone; SQLite gives its other files the same permissions. kUnavailable: it cannot be.
Status MakePrivateFile(const std::string& path);

}  // namespace tailrace::control
