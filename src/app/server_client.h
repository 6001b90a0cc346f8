// The running server of a pipeline, as its own commands speak to it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/http_client.h"
#include "base/result.h"
#include "config/spec.h"

namespace tailrace::app {

// The API key that commands send is the value of this environment variable: a command line can be read by every process.
inline constexpr const char* kKeyVariable = "TAILRACE_KEY";

// At the address of the file, with the key of the environment; `port`, when set, stands for the one that `run --port` was given.
std::unique_ptr<HttpClient> ClientOf(const config::Pipeline& pipeline, std::optional<uint16_t> port);

// The error that an answer of 300 or more stands for, with its hint; success for the rest.
Status StatusOf(const HttpResponse& response);

// Adds how to start a server when nobody answered at the client's address.
Error NoServer(const HttpClient& client, const Error& error);

}  // namespace tailrace::app
