// A short text that stays the same as long as a definition means the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/schema.h"

namespace tailrace::config {

// 128 bits of FNV-1a over the parts, each with its length, so that no two lists of parts read alike; as hex behind a
// version.
std::string Fingerprint(const std::vector<std::string>& parts);

// All that a materialisation's answer depends on: the schema as SQL sees it.
std::string SchemaFingerprintText(const Schema& schema);

}  // namespace tailrace::config
