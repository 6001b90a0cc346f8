#include "crypto/library_version.h"

#include <openssl/crypto.h>

namespace tailrace::crypto {

std::string LibraryVersion() { return OpenSSL_version(OPENSSL_VERSION_STRING); }

}  // namespace tailrace::crypto
