// The description of every route, OpenAPI 3.0, made from the table that routes the requests.
#pragma once

#include <string>
#include <string_view>

#include "server/http/router.h"

namespace tailrace::server {

// With `grant`: only of the routes that it may reach some part of.
std::string OpenApiText(const Router& router, std::string_view title, std::string_view version, const auth::Grant* grant = nullptr);

}  // namespace tailrace::server
