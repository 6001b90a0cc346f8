// "There is no such thing; there are these": the 404 for a name that the pipeline does not have.
#pragma once

#include <string_view>
#include <vector>

#include "config/spec.h"
#include "server/http/reply.h"

namespace tailrace::server {

Reply NoSuchReply(std::string_view what, std::string_view name, const std::vector<std::string_view>& names);

Reply NoStreamReply(const config::Pipeline& pipeline, std::string_view name);

}  // namespace tailrace::server
