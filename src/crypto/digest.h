// Digests, random bytes, and comparison that tells nothing by how long it takes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace::crypto {

inline constexpr size_t kSha256Bytes = 32;

// SHA-256 (FIPS 180-4) of `bytes`: kSha256Bytes bytes. Threads: from any.
std::string Sha256(std::string_view bytes);

// Whether both are the same, in a time that depends on their lengths alone.
bool EqualInConstantTime(std::string_view a, std::string_view b);

// From the operating system's generator, fit for keys. kUnavailable: it gives none.
Result<std::string> RandomBytes(size_t bytes);

// Lower case, two digits a byte.
std::string HexText(std::string_view bytes);

// Overwrites the bytes in a way that is not optimised away, then empties the text.
void Wipe(std::string& secret);

}  // namespace tailrace::crypto
