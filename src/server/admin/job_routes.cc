#include "server/admin/job_routes.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "config/quantity.h"
#include "engine/alert_desk.h"
#include "engine/job_desk.h"
#include "model/json_members.h"
#include "model/times.h"
#include "server/http/json_out.h"
#include "server/http/query_args.h"

namespace tailrace::server {
namespace {

constexpr int64_t kRunsShown = 20;
constexpr int kAccepted = 202;
constexpr size_t kSilenceReasonBytesMax = 1'000;
constexpr size_t kDueTimesShownMax = 50;

void WriteTime(JsonWriter& json, std::string_view name, std::optional<WallTime> time) {
  json.Key(name);
  if (!time || time->micros == 0) {
    json.Null();
    return;
  }
  std::string text;
  AppendRfc3339(time->micros, &text);
  json.Text(text);
}

void WriteRun(JsonWriter& json, const JobRun& run) {
  json.BeginObject().Text("run", run.id).Text("job", run.job).Text("state", RunStateName(run.state)).Text("trigger", RunTriggerName(run.trigger));
  WriteTime(json, "due", run.due);
  WriteTime(json, "from", run.from);
  if (run.count > 1) {
    WriteTime(json, "due_last", run.due_last);
    json.Int("due_times", run.count);
  }
  json.Int("attempts", run.attempts).Int("rows", run.rows);
  WriteTime(json, "queued", run.queued_at);
  WriteTime(json, "started", run.started_at);
  WriteTime(json, "ended", run.ended_at);
  json.Key("seconds");
  if (run.ended_at.micros != 0 && run.started_at.micros != 0)
    json.Number(static_cast<double>(run.ended_at.micros - run.started_at.micros) / 1e6);
  else
    json.Null();
  if (run.state == RunState::kQueued && run.not_before.micros != 0) WriteTime(json, "not_before", run.not_before);
  if (!run.reason.empty()) json.Text("reason", run.reason);
  if (engine::IsCancelled(run)) {
    WriteTime(json.Key("cancel").BeginObject(), "asked", run.cancel_asked_at);
    json.Text("by", run.cancel_asked_by).EndObject();
  }
  json.EndObject();
}

void WriteJob(JsonWriter& json, const engine::JobView& job) {
  json.BeginObject().Text("job", job.spec->name).Text("schedule", job.spec->schedule_text);
  if (!job.spec->description.empty()) json.Text("description", job.spec->description);
  WriteTime(json, "next", job.next);
  json.Bool("running", job.running).Int("waiting", static_cast<int64_t>(job.waiting)).Key("last");
  if (job.last)
    WriteRun(json, *job.last);
  else
    json.Null();
  json.EndObject();
}

Reply NoSuchJob(engine::JobDesk& desk, const std::string& name) {
  std::string known;
  for (const engine::JobView& job : desk.Jobs()) known += (known.empty() ? "" : ", ") + job.spec->name;
  return ErrorReply(404, "not_found", "there is no job " + name, known.empty() ? "the pipeline has no jobs" : "jobs: " + known);
}

Reply ListJobs(engine::JobDesk& desk) {
  Reply reply;
  JsonWriter json(reply.body);
  json.BeginObject().Key("jobs").BeginArray();
  for (const engine::JobView& job : desk.Jobs()) WriteJob(json, job);
  json.EndArray().EndObject();
  return reply;
}

Reply ShowJob(engine::JobDesk& desk, const std::string& name, size_t limit) {
  for (const engine::JobView& job : desk.Jobs()) {
    if (job.spec->name != name) continue;
    RunFilter filter;
    filter.job = name;
    filter.limit = limit;
    const auto runs = desk.store().List(filter);
    if (!runs) return ErrorReply(runs.error());
    Reply reply;
    JsonWriter json(reply.body);
    json.BeginObject().Key("job");
    WriteJob(json, job);
    json.Key("steps").BeginArray();
    for (const config::JobStep& step : job.spec->steps) json.Text(step.name);
    json.EndArray().Key("runs").BeginArray();
    for (const JobRun& run : *runs) WriteRun(json, run);
    json.EndArray().EndObject();
    return reply;
  }
  return NoSuchJob(desk, name);
}

Reply ShowLog(engine::JobDesk& desk, const std::string& name, const std::string& id) {
  RunFilter filter;
  filter.job = name;
  filter.ids = {id};
  const auto runs = desk.store().List(filter);
  if (!runs) return ErrorReply(runs.error());
  if (runs->empty()) return ErrorReply(404, "not_found", "there is no run " + id + " of the job " + name);
  const auto lines = desk.store().Log(id);
  if (!lines) return ErrorReply(lines.error());
  Reply reply;
  JsonWriter json(reply.body);
  json.BeginObject().Key("run");
  WriteRun(json, runs->front());
  json.Key("log").BeginArray();
  for (const RunLogLine& line : *lines) {
    json.BeginObject();
    WriteTime(json, "time", line.time);
    json.Text("step", line.step).Text("text", line.text).EndObject();
  }
  json.EndArray().EndObject();
  return reply;
}

Result<WallTime> TimeOf(std::string_view name, const std::string& text) {
  const auto micros = ParseRfc3339(text);
  if (!micros) return Fail(Error::Invalid(std::string(name) + " is a time such as 2017-03-03T06:00:00Z"));
  return WallTime{*micros};
}

Reply RunJob(engine::JobDesk& desk, const std::string& name, const std::optional<std::string>& from, const std::optional<std::string>& to) {
  if (desk.Find(name) == nullptr) return NoSuchJob(desk, name);
  if (from.has_value() != to.has_value()) return InvalidParameterReply(Error::Invalid("from and to come together"));
  std::vector<std::string> ids;
  if (from) {
    const auto begin = TimeOf("from", *from);
    const auto end = TimeOf("to", *to);
    if (!begin || !end) return InvalidParameterReply(begin ? end.error() : begin.error());
    auto asked = desk.Backfill(name, *begin, *end);
    if (!asked) return ErrorReply(asked.error());
    ids = std::move(*asked);
  } else {
    auto asked = desk.Request(name);
    if (!asked) return ErrorReply(asked.error());
    ids.push_back(std::move(*asked));
  }
  Reply reply;
  reply.status = kAccepted;
  JsonWriter json(reply.body);
  json.BeginObject().Key("runs").BeginArray();
  for (const std::string& id : ids) json.Text(id);
  json.EndArray().EndObject();
  return reply;
}

Reply CancelRun(engine::JobDesk& desk, const std::string& name, const std::string& run, const std::string& by) {
  if (desk.Find(name) == nullptr) return NoSuchJob(desk, name);
  const auto cancelled = desk.Cancel(name, run, by);
  if (!cancelled) return ErrorReply(cancelled.error());
  Reply reply;
  reply.status = kAccepted;
  JsonWriter json(reply.body);
  json.BeginObject().Key("run");
  WriteRun(json, *cancelled);
  json.EndObject();
  return reply;
}

// What a backfill of this range would run.
Reply ShowDue(engine::JobDesk& desk, const std::string& name, const std::optional<std::string>& from, const std::optional<std::string>& to) {
  const config::JobSpec* job = desk.Find(name);
  if (job == nullptr) return NoSuchJob(desk, name);
  if (!from || !to) return InvalidParameterReply(Error::Invalid("from and to are the range"));
  const auto begin = TimeOf("from", *from);
  const auto end = TimeOf("to", *to);
  if (!begin || !end) return InvalidParameterReply(begin ? end.error() : begin.error());
  const auto due = job->schedule ? job->schedule->Between(*begin, *end, engine::kBackfillRunsMax + 1) : std::vector<WallTime>{};
  Reply reply;
  JsonWriter json(reply.body);
  json.BeginObject().Int("count", static_cast<int64_t>(std::min(due.size(), engine::kBackfillRunsMax)));
  json.Bool("too_many", due.size() > engine::kBackfillRunsMax).Key("first").BeginArray();
  for (size_t i = 0; i < std::min(due.size(), kDueTimesShownMax); ++i) {
    std::string text;
    AppendRfc3339(due[i].micros, &text);
    json.Text(text);
  }
  json.EndArray();
  if (!due.empty() && due.size() <= engine::kBackfillRunsMax) WriteTime(json, "last", due.back());
  json.EndObject();
  return reply;
}

void WriteAlert(JsonWriter& json, const engine::AlertView& alert) {
  json.BeginObject().Text("alert", alert.spec->name).Text("state", alert.state);
  WriteTime(json, "since", alert.since);
  json.Text("message", alert.message);
  if (!alert.error.empty()) json.Text("error", alert.error);
  if (alert.silence) {
    json.Key("silence").BeginObject();
    WriteTime(json, "until", alert.silence->until);
    json.Text("reason", alert.silence->reason).Text("by", alert.silence->by).EndObject();
  }
  json.EndObject();
}

Reply ListAlerts(engine::AlertDesk& alerts) {
  Reply reply;
  JsonWriter json(reply.body);
  json.BeginObject().Key("alerts").BeginArray();
  for (const engine::AlertView& alert : alerts.Alerts()) WriteAlert(json, alert);
  json.EndArray().EndObject();
  return reply;
}

// The alert as it is after `change`.
Reply ChangedAlert(engine::AlertDesk& alerts, const std::string& name, const Status& change) {
  if (!change) return ErrorReply(change.error());
  Reply reply;
  JsonWriter json(reply.body);
  for (const engine::AlertView& alert : alerts.Alerts()) {
    if (alert.spec->name == name) WriteAlert(json, alert);
  }
  return reply;
}

struct SilenceOrder {
  std::chrono::milliseconds lasts{0};
  std::string reason;
};

Result<SilenceOrder> ReadSilence(const Request& request) {
  SilenceOrder order;
  TR_TRY(const QueryArgs args, QueryArgs::Parse(request));
  TR_RETURN_IF_ERROR(args.RefuseRest());
  TR_TRY(const auto members, JsonMembers(request.body));
  std::string lasts;
  for (const auto& [name, value] : members) {
    if (name == "for") {
      TR_TRY(lasts, JsonStringValue(value));
    } else if (name == "reason") {
      TR_TRY(order.reason, JsonStringValue(value));
    } else {
      return Fail(Error::Invalid("there is no member \"" + name + "\"; there are for and reason"));
    }
  }
  const auto parsed = config::ParseDuration(lasts);
  if (!parsed) return Fail(Error::Invalid("for is how long nobody is told, such as 2h"));
  if (order.reason.size() > kSilenceReasonBytesMax) return Fail(Error::Invalid("the reason is too long"));
  order.lasts = std::chrono::milliseconds(*parsed);
  return order;
}

void Silence(const ExchangePtr& exchange, engine::AlertDesk& alerts, ReadPool& pool) {
  auto order = ReadSilence(exchange->request());
  if (!order) return exchange->Send(ErrorReply(400, "invalid_request", order.error().message()));
  pool.Run(exchange, [&alerts, name = exchange->request().PathParam(0), order = std::move(*order),
                      by = exchange->request().caller->name](const std::stop_token&) {
    return ChangedAlert(alerts, name, alerts.Silence(name, order.lasts, order.reason, by));
  });
}

void Lift(const ExchangePtr& exchange, engine::AlertDesk& alerts, ReadPool& pool) {
  pool.Run(exchange, [&alerts, name = exchange->request().PathParam(0)](const std::stop_token&) { return ChangedAlert(alerts, name, alerts.Lift(name)); });
}

using RangeReply = Reply (*)(engine::JobDesk& desk, const std::string& name, const std::optional<std::string>& from, const std::optional<std::string>& to);

// What `reply` makes of a job and the request's `from` and `to`.
void ForRange(const ExchangePtr& exchange, engine::JobDesk& desk, ReadPool& pool, RangeReply reply) {
  auto args = QueryArgs::Parse(exchange->request());
  const auto from = args ? args->Take("from") : std::nullopt;
  const auto to = args ? args->Take("to") : std::nullopt;
  const Status rest = args ? args->RefuseRest() : Status(Fail(args.error()));
  if (!rest) return exchange->Send(InvalidParameterReply(rest.error()));
  pool.Run(exchange, [&desk, reply, name = exchange->request().PathParam(0), from, to](const std::stop_token&) { return reply(desk, name, from, to); });
}

RouteSpec JobRoute(std::string method, Access access, std::string pattern, std::string summary, Handler handler, std::vector<RouteParam> params) {
  RouteSpec spec(std::move(access));
  spec.method = std::move(method);
  spec.pattern = std::move(pattern);
  spec.summary = std::move(summary);
  spec.handler = std::move(handler);
  spec.params = std::move(params);
  return spec;
}

}  // namespace

void WriteJobStatus(JsonWriter& json, const Services& services) {
  if (services.jobs == nullptr || services.alerts == nullptr) return;
  json.Key("jobs").BeginArray();
  for (const auto& [job, run] : services.jobs->Newest()) {
    json.BeginObject().Text("job", job).Text("state", RunStateName(run.state));
    WriteTime(json, "due", run.due);
    WriteTime(json, "ended", run.ended_at);
    if (!run.reason.empty()) json.Text("reason", run.reason);
    json.EndObject();
  }
  json.EndArray().Key("alerts").BeginArray();
  for (const engine::AlertView& alert : services.alerts->Alerts()) WriteAlert(json, alert);
  json.EndArray();
}

std::vector<RouteSpec> JobRoutes(const Services& services, ReadPool& pool) {
  using auth::Role;
  std::vector<RouteSpec> routes;
  if (services.jobs == nullptr || services.alerts == nullptr) return routes;
  engine::JobDesk& desk = *services.jobs;
  engine::AlertDesk& alerts = *services.alerts;
  const RouteParam job{"job", "path", "Name of a job.", true, "string"};
  routes.push_back(JobRoute("GET", Access::Whole(Role::kRead), "/jobs", "The jobs: when each is due next, and how its last run went.",
                         [&](const ExchangePtr& exchange) { pool.Run(exchange, [&](const std::stop_token&) { return ListJobs(desk); }); }, {}));
  routes.push_back(JobRoute(
      "GET", Access::Whole(Role::kRead), "/jobs/{job}", "One job with its runs, the newest due time first.",
      [&](const ExchangePtr& exchange) {
        auto args = QueryArgs::Parse(exchange->request());
        auto limit = args ? args->TakeInt("limit", 1, kRunsShownMax) : Result<std::optional<int64_t>>(Fail(args.error()));
        if (limit) {
          if (const Status rest = args->RefuseRest(); !rest) limit = Fail(rest.error());
        }
        if (!limit) return exchange->Send(InvalidParameterReply(limit.error()));
        pool.Run(exchange, [&desk, name = exchange->request().PathParam(0), count = static_cast<size_t>(limit->value_or(kRunsShown))](const std::stop_token&) {
          return ShowJob(desk, name, count);
        });
      },
      {job, {"limit", "query", "Runs at most.", false, "integer"}}));
  routes.push_back(JobRoute(
      "GET", Access::Whole(Role::kRead), "/jobs/{job}/log", "One run with its log.",
      [&](const ExchangePtr& exchange) {
        auto args = QueryArgs::Parse(exchange->request());
        const auto run = args ? args->Take("run") : std::nullopt;
        const Status rest = args ? args->RefuseRest() : Status(Fail(args.error()));
        if (!rest) return exchange->Send(InvalidParameterReply(rest.error()));
        if (!run) return exchange->Send(InvalidParameterReply(Error::Invalid("run is missing: the name of a run")));
        pool.Run(exchange, [&desk, name = exchange->request().PathParam(0), id = *run](const std::stop_token&) { return ShowLog(desk, name, id); });
      },
      {job, {"run", "query", "Name of a run.", true, "string"}}));
  routes.push_back(JobRoute(
      "POST", Access::Whole(Role::kAdmin), "/jobs/{job}/run", "Run a job now; with from and to once for each due time from `from` up to, but without, `to`.",
      [&](const ExchangePtr& exchange) { ForRange(exchange, desk, pool, RunJob); },
      {job, {"from", "query", "A time; with to.", false, "string"}, {"to", "query", "A time; with from.", false, "string"}}));
  routes.push_back(JobRoute(
      "POST", Access::Whole(Role::kAdmin), "/jobs/{job}/cancel", "End a run before its time: one that runs, or one that waits.",
      [&](const ExchangePtr& exchange) {
        auto args = QueryArgs::Parse(exchange->request());
        const auto run = args ? args->Take("run") : std::nullopt;
        const Status rest = args ? args->RefuseRest() : Status(Fail(args.error()));
        if (!rest) return exchange->Send(InvalidParameterReply(rest.error()));
        pool.Run(exchange, [&desk, name = exchange->request().PathParam(0), id = run.value_or(""), by = exchange->request().caller->name](
                               const std::stop_token&) { return CancelRun(desk, name, id, by); });
      },
      {job, {"run", "query", "Name of a run; by default the one that runs now.", false, "string"}}));
  routes.push_back(JobRoute(
      "GET", Access::Whole(Role::kRead), "/jobs/{job}/due", "The due times of a job from `from` up to, but without, `to`: what a run of that range would do.",
      [&](const ExchangePtr& exchange) { ForRange(exchange, desk, pool, ShowDue); },
      {job, {"from", "query", "A time.", true, "string"}, {"to", "query", "A time.", true, "string"}}));
  routes.push_back(JobRoute("GET", Access::Whole(Role::kRead), "/alerts", "The alerts: ok, pending or firing, and since when.",
                         [&](const ExchangePtr& exchange) { pool.Run(exchange, [&](const std::stop_token&) { return ListAlerts(alerts); }); }, {}));
  const RouteParam alert{"alert", "path", "Name of an alert.", true, "string"};
  routes.push_back(JobRoute("POST", Access::Whole(Role::kAdmin), "/alerts/{alert}/silence",
                            "Tell nobody of an alert for a time: {\"for\": \"2h\", \"reason\"?}. It is looked at meanwhile.",
                            [&](const ExchangePtr& exchange) { Silence(exchange, alerts, pool); }, {alert}));
  routes.back().takes_body = true;
  routes.back().consumes = {"application/json"};
  routes.push_back(JobRoute("DELETE", Access::Whole(Role::kAdmin), "/alerts/{alert}/silence", "End the silence of an alert.",
                            [&](const ExchangePtr& exchange) { Lift(exchange, alerts, pool); }, {alert}));
  return routes;
}

}  // namespace tailrace::server
