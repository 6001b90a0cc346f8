// The version of OpenSSL that the program runs with.
#pragma once

#include <string>

namespace tailrace::crypto {

// As OpenSSL writes it.
std::string LibraryVersion();

}  // namespace tailrace::crypto
