// The version of libcurl that the program runs with.
#pragma once

#include <string>

namespace tailrace::http_client {

// As libcurl writes it.
std::string LibraryVersion();

}  // namespace tailrace::http_client
