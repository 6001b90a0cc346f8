// CRC32C (Castagnoli), the checksum of a stored document.
#pragma once

#include <cstdint>
#include <string_view>

namespace tailrace::documents {

// Of the key, a zero byte and the document's text, so that a document under a wrong key is found too.
uint32_t DocumentChecksum(std::string_view key, std::string_view json);

}  // namespace tailrace::documents
