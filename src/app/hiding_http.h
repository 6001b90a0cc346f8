// Requests to other servers of whose addresses no message shows what came into the pipeline file from outside it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ports/outbound_http.h"

namespace tailrace::app {

// Of `values` what may stand in the path of an address, as it is and percent-encoded; longest first. Of a value that is an address itself that is its
// path: the host is shown, or nobody would know who did not answer.
HiddenTexts HiddenInPaths(const std::vector<std::string>& values);

// Sends requests that hide nothing yet with HiddenInPaths(values). Threads: thread-safe.
std::unique_ptr<OutboundHttp> NewHidingHttp(std::unique_ptr<OutboundHttp> http, const std::vector<std::string>& values);

}  // namespace tailrace::app
