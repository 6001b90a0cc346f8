#include "app/job_view.h"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "app/server_client.h"
#include "app/table_text.h"

namespace tailrace::app {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{200};

JsonValue Cell(std::string_view text) {
  JsonValue value;
  value.kind = JsonValue::Kind::kString;
  value.text = std::string(text);
  return value;
}

std::string Text(const QueryAnswer& answer, const Console& console) {
  return console.out_is_terminal() ? AlignedTable(answer, console.width()) : TabbedTable(answer);
}

QueryAnswer WithColumns(std::initializer_list<const char*> names) {
  QueryAnswer answer;
  for (const char* name : names) answer.columns.push_back({name, "VARCHAR"});
  return answer;
}

std::string StateText(const JsonValue& run) {
  std::string text(run.TextOf("state"));
  if (run.IntOf("due_times") > 1) text += fmt::format(" x {}", run.IntOf("due_times"));
  return text;
}

bool SleepUnlessStopped(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, kBetweenLooks, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

Result<JsonValue> AskServer(HttpClient& client, const std::string& target, const std::stop_token& stop) {
  return AskServer(client, HttpRequest{.method = "GET", .target = target, .headers = {}, .body = {}}, stop);
}

Result<JsonValue> AskServer(HttpClient& client, const HttpRequest& request, const std::stop_token& stop) {
  const auto response = client.Send(request, stop);
  if (!response) return Fail(NoServer(client, response.error()));
  TR_RETURN_IF_ERROR(StatusOf(*response));
  return ParseJson(response->body);
}

Result<std::string> AwaitRun(HttpClient& client, const std::string& job, const std::string& run, Console& console, const std::stop_token& stop) {
  while (true) {
    TR_TRY(const JsonValue answer, AskServer(client, "/jobs/" + PercentEncoded(job) + "/log?run=" + PercentEncoded(run), stop));
    const JsonValue* now = answer.Find("run");
    const std::string state(now == nullptr ? "" : now->TextOf("state"));
    if (state == "queued" || state == "running") {
      if (!SleepUnlessStopped(stop)) return Fail(Error::Cancelled("no longer waited for: the run goes on"));
      continue;
    }
    console.OutLine(fmt::format("{}: {}", run, state));
    console.Out(LogText(answer));
    return state;
  }
}

std::string RunsText(const std::vector<JsonValue>& runs, const Console& console) {
  QueryAnswer answer = WithColumns({"due", "state", "trigger", "attempts", "rows", "seconds", "run", "reason"});
  for (const JsonValue& run : runs) {
    answer.rows.push_back({Cell(run.TextOf("due")), Cell(StateText(run)), Cell(run.TextOf("trigger")), Cell(run.TextOf("attempts")),
                           Cell(run.TextOf("rows")), Cell(run.TextOf("seconds")), Cell(run.TextOf("run")), Cell(run.TextOf("reason"))});
  }
  return Text(answer, console);
}

std::string JobsText(const std::vector<JsonValue>& jobs, const Console& console) {
  QueryAnswer answer = WithColumns({"job", "schedule", "next", "state", "last due", "last ended"});
  for (const JsonValue& job : jobs) {
    const JsonValue* last = job.Find("last");
    const bool ran = last != nullptr && !last->is(JsonValue::Kind::kNull);
    const bool running = job.TextOf("running") == "true";
    answer.rows.push_back({Cell(job.TextOf("job")), Cell(job.TextOf("schedule")), Cell(job.TextOf("next")),
                           Cell(running ? "running" : ran ? last->TextOf("state") : "never ran"), Cell(ran ? last->TextOf("due") : ""),
                           Cell(ran ? last->TextOf("ended") : "")});
  }
  return Text(answer, console);
}

std::string AlertsText(const std::vector<JsonValue>& alerts, const Console& console) {
  QueryAnswer answer = WithColumns({"alert", "state", "since", "silenced until", "says"});
  for (const JsonValue& alert : alerts) {
    const JsonValue* silence = alert.Find("silence");
    answer.rows.push_back({Cell(alert.TextOf("alert")), Cell(alert.TextOf("state")), Cell(alert.TextOf("since")),
                           Cell(silence == nullptr ? "" : silence->TextOf("until")), Cell(alert.TextOf("message"))});
  }
  return Text(answer, console);
}

std::string LogText(const JsonValue& answer) {
  std::string text;
  const JsonValue* lines = answer.Find("log");
  for (const JsonValue& line : lines == nullptr ? std::vector<JsonValue>{} : lines->items) {
    const std::string_view step = line.TextOf("step");
    text += fmt::format("{}  {}{}{}\n", line.TextOf("time"), step, step.empty() ? "" : ": ", line.TextOf("text"));
  }
  return text;
}

}  // namespace tailrace::app
