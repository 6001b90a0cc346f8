// Jobs and runs as the commands `job ...` get and show them.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "app/console.h"
#include "app/http_client.h"
#include "app/json_value.h"
#include "base/result.h"

namespace tailrace::app {

// The server's answer. Errors: what it refused, or that nobody is there.
Result<JsonValue> AskServer(HttpClient& client, const HttpRequest& request, const std::stop_token& stop);
// The same of a GET.
Result<JsonValue> AskServer(HttpClient& client, const std::string& target, const std::stop_token& stop);

// Until a run is over; shows its log, and returns the state that it ended in. Errors: kCancelled = no longer waited for, and it goes on.
Result<std::string> AwaitRun(HttpClient& client, const std::string& job, const std::string& run, Console& console, const std::stop_token& stop);

// A table of runs, the newest due time first.
std::string RunsText(const std::vector<JsonValue>& runs, const Console& console);
std::string AlertsText(const std::vector<JsonValue>& alerts, const Console& console);
std::string JobsText(const std::vector<JsonValue>& jobs, const Console& console);

// The lines of a run's log, each with its time and step.
std::string LogText(const JsonValue& answer);

}  // namespace tailrace::app
