#include "app/scenario/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "app/json_value.h"
#include "app/scenario/expectation.h"
#include "app/scenario/relation_rows.h"
#include "config/nearest.h"

namespace tailrace::app {
namespace {

Result<uint16_t> PortOf(std::string_view address) {
  const std::string_view digits = address.substr(address.rfind(':') + 1);
  uint16_t port = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), port).ec != std::errc()) {
    return Fail(Error::Internal(fmt::format("the server has no port: {}", address)));
  }
  return port;
}

Result<std::vector<JsonValue>> ParseAll(const std::vector<config::JsonText>& texts) {
  std::vector<JsonValue> values;
  for (const config::JsonText& text : texts) {
    TR_TRY(JsonValue value, ParseJson(text.json));
    values.push_back(std::move(value));
  }
  return values;
}

// What the server says about a request that it did not take: the message and the faults of records.
std::string WhyRefused(const HttpResponse& response) {
  const auto body = ParseJson(response.body);
  if (!body) return response.body.substr(0, 200);
  std::string text;
  if (const JsonValue* errors = body->Find("errors")) {
    for (const JsonValue& fault : errors->items) {
      text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", fault.TextOf("pointer"), fault.TextOf("reason"));
    }
  }
  const JsonValue* error = body->Find("error");
  if (text.empty() && error != nullptr) text = error->TextOf("message");
  return text;
}

// "top_products?limit=1" as its name and what follows the question mark.
std::pair<std::string, std::string> SplitQuery(const std::string& get) {
  const size_t mark = get.find('?');
  if (mark == std::string::npos) return {get, ""};
  return {get.substr(0, mark), get.substr(mark)};
}

// The rows of an answer with columns and rows, as objects.
std::vector<JsonValue> RowsByColumn(const JsonValue& answer) {
  std::vector<JsonValue> objects;
  const JsonValue* columns = answer.Find("columns");
  const JsonValue* rows = answer.Find("rows");
  if (columns == nullptr || rows == nullptr) return objects;
  for (const JsonValue& row : rows->items) {
    JsonValue object{.kind = JsonValue::Kind::kObject, .text = {}, .items = {}, .members = {}};
    for (size_t i = 0; i < std::min(row.items.size(), columns->items.size()); ++i) {
      object.members.emplace_back(std::string(columns->items[i].TextOf("name")), row.items[i]);
    }
    objects.push_back(std::move(object));
  }
  return objects;
}

// Blanks and other characters that a request line cannot hold.
std::string SafeTarget(std::string_view target) {
  std::string out;
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f) {
      out += fmt::format("%{:02X}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<Scenario>> Scenario::Open(const config::Pipeline& pipeline, const config::TestSpec& test,
                                                 ScenarioOptions options) {
  std::unique_ptr<Scenario> scenario(new Scenario(test));
  RuntimeOptions runtime_options;
  runtime_options.clock = &scenario->clock_;
  runtime_options.data = std::move(options.data);
  runtime_options.port = 0;
  runtime_options.read_sources = false;
  runtime_options.reach_out = false;
  if (!test.answers.empty()) {
    TR_TRY(scenario->polls_, PollPlay::Open(pipeline, test, runtime_options.data, scenario->clock_));
    runtime_options.poll_script = scenario->polls_.get();
    runtime_options.poll_once = !test.until_micros;
  }
  runtime_options.on_commit = std::move(options.on_commit);
  config::Pipeline local = pipeline;
  local.server.host = "127.0.0.1";
  local.server.tls.reset();
  local.server.auth_none = true;  // what a pipeline answers is tested, not whom
  TR_TRY(scenario->runtime_, Runtime::Open(std::move(local), std::move(runtime_options)));
  TR_RETURN_IF_ERROR(scenario->runtime_->Start());
  TR_TRY(const uint16_t port, PortOf(scenario->runtime_->address()));
  scenario->client_ = std::make_unique<HttpClient>("127.0.0.1", port);
  return scenario;
}

Scenario::~Scenario() = default;

void Scenario::NoteFailure(std::string difference) {
  if (!difference.empty()) failures_.push_back(std::move(difference));
}

bool Scenario::ExpectsDeadLetters(const std::string& stream) const {
  return std::any_of(test_.expect_dead_letters.begin(), test_.expect_dead_letters.end(),
                     [&](const auto& expected) { return expected.relation == stream; });
}

Status Scenario::Feed(const std::stop_token& stop) {
  for (const config::TestGiven& given : test_.given) TR_RETURN_IF_ERROR(FeedGiven(given, stop));
  TR_RETURN_IF_ERROR(RunPolls(stop));
  TR_RETURN_IF_ERROR(PassTime(stop));
  for (size_t i = 0; i < test_.requests.size(); ++i) TR_RETURN_IF_ERROR(SendRequest(i, stop));
  return runtime_->WaitCaughtUp(stop);
}

// Jobs and alerts that are due by now.
Status Scenario::DoDue(const std::stop_token& stop) {
  TR_RETURN_IF_ERROR(runtime_->WaitCaughtUp(stop));
  for (engine::TimedWork* work : runtime_->timed_work()) TR_RETURN_IF_ERROR(work->DoDue(stop));
  return runtime_->WaitCaughtUp(stop);
}

std::optional<WallTime> Scenario::NextWake() {
  std::optional<WallTime> next;
  for (engine::TimedWork* work : runtime_->timed_work()) {
    const auto wake = work->NextWake();
    if (wake && (!next || *wake < *next)) next = wake;
  }
  return next;
}

// From one due time to the next, as far as `until`; what one does is everywhere before the next comes.
Status Scenario::PassTime(const std::stop_token& stop) {
  if (!test_.until_micros) return {};
  const WallTime until{*test_.until_micros};
  for (int64_t stops = 0; stops < kTestStopsMax; ++stops) {
    const WallTime next = std::min(until, NextWake().value_or(until));
    clock_.Set(std::max(clock_.Now(), next));
    TR_RETURN_IF_ERROR(DoDue(stop));
    if (next >= until) return {};
  }
  return Fail(Error::Exhausted(fmt::format("more than {} due times before until", kTestStopsMax)));
}

Status Scenario::FeedGiven(const config::TestGiven& given, const std::stop_token& stop) {
  if (!given.rows.empty()) TR_RETURN_IF_ERROR(FeedRows(given, stop));
  if (given.file) TR_RETURN_IF_ERROR(FeedFile(given, stop));
  return {};
}

// All in one request; with crashes in between one by one, so that there are commits to crash after.
Status Scenario::FeedRows(const config::TestGiven& given, const std::stop_token& stop) {
  if (test_.crash_after == 0) return PostRows(given, 0, given.rows.size(), stop);
  for (size_t row = 0; row < given.rows.size(); ++row) {
    TR_RETURN_IF_ERROR(PostRows(given, row, row + 1, stop));
    TR_RETURN_IF_ERROR(runtime_->WaitCaughtUp(stop));
  }
  return {};
}

Status Scenario::PostRows(const config::TestGiven& given, size_t begin, size_t end, const std::stop_token& stop) {
  std::string body;
  for (size_t row = begin; row < end; ++row) body += given.rows[row].json + '\n';
  HttpRequest request{.method = "POST", .target = "/streams/" + given.stream, .headers = {}, .body = body};
  request.headers.emplace_back("Content-Type", "application/x-ndjson");
  if (test_.crash_after > 0)
    request.headers.emplace_back("Idempotency-Key", fmt::format("given-{}-{}", given.stream, begin));
  TR_TRY(const HttpResponse response, client_->Send(request, stop));
  if (response.status == 200) return {};
  if (response.status != 207 && response.status != 422) {
    NoteFailure(fmt::format("given {}: status {}: {}", given.stream, response.status, WhyRefused(response)));
    return {};
  }
  if (!ExpectsDeadLetters(given.stream)) NoteRefusals(given.stream, begin, response);
  return {};
}

void Scenario::NoteRefusals(const std::string& stream, size_t first_row, const HttpResponse& response) {
  const auto body = ParseJson(response.body);
  const JsonValue* errors = body ? body->Find("errors") : nullptr;
  if (errors == nullptr) return NoteFailure(fmt::format("given {}: {}", stream, response.body));
  for (const JsonValue& fault : errors->items) {
    int64_t record = 0;
    const std::string_view digits = fault.TextOf("record");
    std::from_chars(digits.data(), digits.data() + digits.size(), record);
    NoteFailure(fmt::format("given {}, row {}, was refused: {}: {}", stream,
                            static_cast<int64_t>(first_row) + record + 1, fault.TextOf("pointer"),
                            fault.TextOf("reason")));
  }
}

Status Scenario::FeedFile(const config::TestGiven& given, const std::stop_token& stop) {
  config::FileSourceSpec file;
  file.path = given.file->path;
  file.format = given.file->format;
  file.encoding = given.file->encoding;
  TR_TRY(const SourceSummary summary, runtime_->LoadFile(
                                          file, given.stream, [](const auto&, int64_t, int64_t) {}, stop));
  if (!summary.trouble.empty()) NoteFailure(fmt::format("given {}: {}", given.stream, summary.trouble));
  if (summary.refused > 0 && !ExpectsDeadLetters(given.stream)) {
    NoteFailure(fmt::format("given {}: {} rows of {} were refused", given.stream, summary.refused, file.path));
  }
  return {};
}

Status Scenario::RunPolls(const std::stop_token& stop) {
  if (polls_ == nullptr) return {};
  runtime_->StartSources();
  if (test_.until_micros) {
    const auto ended = [this] {
      const auto sources = runtime_->sources();
      return static_cast<size_t>(std::count_if(sources.begin(), sources.end(), [](const SourceSummary& source) { return source.ended; }));
    };
    TR_RETURN_IF_ERROR(polls_->Run(WallTime{*test_.until_micros}, [&] { return DoDue(stop); }, [this] { return NextWake(); }, ended, stop));
  }
  TR_RETURN_IF_ERROR(runtime_->WaitSources(stop));
  for (std::string& difference : polls_->Differences()) NoteFailure(std::move(difference));
  return {};
}

Status Scenario::SendRequest(size_t index, const std::stop_token& stop) {
  const config::TestRequest& sent = test_.requests[index];
  // A read sees everything that was put in before it, and so does what sends dead letters again.
  if (sent.method == "GET" || sent.path.starts_with("/dlq/")) TR_RETURN_IF_ERROR(runtime_->WaitCaughtUp(stop));
  HttpRequest request{.method = sent.method, .target = SafeTarget(sent.path), .headers = {}, .body = {}};
  if (sent.body) request.body = *sent.body;
  const bool repeats = test_.crash_after > 0 && sent.method != "GET";
  if (repeats) request.headers.emplace_back("Idempotency-Key", fmt::format("request-{}", index));
  TR_TRY(const HttpResponse response, client_->Send(request, stop));
  if (repeats) TR_RETURN_IF_ERROR(runtime_->WaitCaughtUp(stop));
  if (response.status == sent.status) return {};
  std::string text =
      fmt::format("{} {}: expected status {}, found {}", sent.method, sent.path, sent.status, response.status);
  const std::string why = WhyRefused(response);
  if (response.status >= 400 && !why.empty()) text += ": " + why;
  NoteFailure(std::move(text));
  return {};
}

Status Scenario::Verify(const std::stop_token& stop) {
  for (const auto& expected : test_.expect_rows) TR_RETURN_IF_ERROR(VerifyRelation(expected, stop));
  for (const auto& expected : test_.expect_apis) TR_RETURN_IF_ERROR(VerifyApi(expected, stop));
  for (const auto& expected : test_.expect_tiles) TR_RETURN_IF_ERROR(VerifyTile(expected, stop));
  for (const auto& expected : test_.expect_documents) TR_RETURN_IF_ERROR(VerifyDocument(expected, stop));
  for (const auto& expected : test_.expect_dead_letters) TR_RETURN_IF_ERROR(VerifyDeadLetters(expected));
  VerifyAlerts();
  return {};
}

Status Scenario::VerifyRelation(const config::TestRows& expected, const std::stop_token& stop) {
  TR_TRY(const auto wanted, ParseAll(expected.rows));
  const auto found = RowsOfRelation(*runtime_, expected.relation, clock_.Now(), stop);
  if (!found) {
    NoteFailure(fmt::format("{}: {}", expected.relation, found.error().message()));
    return {};
  }
  NoteFailure(RowsDifference(expected.relation, wanted, *found));
  return {};
}

Status Scenario::VerifyApi(const config::TestGet& expected, const std::stop_token& stop) {
  const auto [name, query] = SplitQuery(expected.get);
  std::string route = "/api/" + name;
  for (const config::ApiSpec& api : runtime_->pipeline().apis) {
    if (api.name == name && !api.route.empty()) route = api.route;
  }
  TR_TRY(const HttpResponse response,
         client_->Send({.method = "GET", .target = SafeTarget(route + query), .headers = {}, .body = {}}, stop));
  if (response.status != 200) {
    NoteFailure(fmt::format("api {}: status {}: {}", expected.get, response.status, WhyRefused(response)));
    return {};
  }
  TR_TRY(const JsonValue body, ParseJson(response.body));
  const JsonValue* data = body.Find("data");
  const std::vector<JsonValue> found =
      data != nullptr && data->is(JsonValue::Kind::kArray) ? data->items : std::vector{body};
  TR_TRY(const auto wanted, ParseAll(expected.rows));
  NoteFailure(RowsDifference("api " + expected.get, wanted, found));
  return {};
}

Status Scenario::VerifyTile(const config::TestTile& expected, const std::stop_token& stop) {
  const std::string what = "tile " + expected.dashboard + "/" + expected.tile + expected.query;
  const std::string target = "/dashboards/" + expected.dashboard + "/tiles/" + expected.tile + expected.query;
  TR_TRY(const HttpResponse response, client_->Send({.method = "GET", .target = SafeTarget(target), .headers = {}, .body = {}}, stop));
  if (response.status != 200) {
    NoteFailure(fmt::format("{}: status {}: {}", what, response.status, WhyRefused(response)));
    return {};
  }
  TR_TRY(const JsonValue body, ParseJson(response.body));
  TR_TRY(const auto wanted, ParseAll(expected.rows));
  NoteFailure(RowsDifference(what, wanted, RowsByColumn(body)));
  return {};
}

Status Scenario::VerifyDocument(const config::TestGet& expected, const std::stop_token& stop) {
  const size_t slash = expected.get.find('/');
  const std::string key = slash == std::string::npos ? "" : expected.get.substr(slash + 1);
  const std::string target = fmt::format("/collections/{}/{}", expected.get.substr(0, slash), PercentEncoded(key));
  TR_TRY(const HttpResponse response,
         client_->Send({.method = "GET", .target = target, .headers = {}, .body = {}}, stop));
  if (response.status != 200) {
    NoteFailure(fmt::format("document {}: status {}: {}", expected.get, response.status, WhyRefused(response)));
    return {};
  }
  TR_TRY(const JsonValue found, ParseJson(response.body));
  if (!expected.has) return {};
  TR_TRY(const JsonValue wanted, ParseJson(expected.has->json));
  NoteFailure(ValueDifference("document " + expected.get, wanted, found));
  return {};
}

void Scenario::VerifyAlerts() {
  const auto alerts = runtime_->jobs().alerts().Alerts();
  for (const config::TestAlert& expected : test_.expect_alerts) {
    for (const engine::AlertView& alert : alerts) {
      if (alert.spec->name != expected.name) continue;
      if (!alert.error.empty()) NoteFailure(fmt::format("alert {}: {}", expected.name, alert.error));
      if (alert.state != expected.state) NoteFailure(fmt::format("alert {}: expected {}, found {}", expected.name, expected.state, alert.state));
    }
  }
}

Status Scenario::VerifyDeadLetters(const config::TestRows& expected) {
  TR_TRY(const auto wanted, ParseAll(expected.rows));
  TR_TRY(const auto found, DeadLettersOf(*runtime_, expected.relation));
  NoteFailure(RowsDifference("dead letters of " + expected.relation, wanted, found));
  return {};
}

}  // namespace tailrace::app
