#include "http_client/library_version.h"

#include <curl/curl.h>

namespace tailrace::http_client {

std::string LibraryVersion() { return curl_version_info(CURLVERSION_NOW)->version; }

}  // namespace tailrace::http_client
