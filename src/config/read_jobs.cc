// Jobs, alerts and notifiers as they are written; what their SQL means is checked later.
#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "config/nearest.h"
#include "config/quantity.h"
#include "config/reading.h"
#include "config/scalar.h"
#include "schedule/template.h"
#include "sql/job_statement.h"

namespace tailrace::config {
namespace {

using std::chrono::milliseconds;

constexpr int64_t kAlertEveryMinMs = 1'000;
constexpr int64_t kJobTimeoutMaxMs = int64_t{7} * 86'400'000;
constexpr int64_t kHttpTimeoutMinMs = 100;
constexpr int64_t kSmtpPort = 25;
constexpr int64_t kSmtpsPort = 465;
constexpr int64_t kHttpTimeoutMaxMs = 3'600'000;
constexpr std::array<std::string_view, 3> kRunTimes = {"due", "from", "to"};
constexpr std::array<std::string_view, 4> kRunTexts = {"job", "run", "attempt", "pipeline"};

milliseconds DurationOr(const Node& body, std::string_view key, milliseconds fallback, Reading& reading, int64_t min_ms = 0,
                        int64_t max_ms = kJobTimeoutMaxMs) {
  const Node* node = Find(body, key);
  const auto value = node == nullptr ? std::nullopt : ParseDuration(node->text);
  if (!value) return fallback;
  if (*value < min_ms || *value > max_ms) {
    reading.report.Error(node->begin, "expected from " + DurationText(min_ms) + " to " + DurationText(max_ms) + ", found " + Quoted(node->shown()));
  }
  return milliseconds(*value);
}

// A list of names, or one name alone.
std::vector<const Node*> NamesIn(const Node& body, std::string_view key) {
  const Node* node = Find(body, key);
  if (node == nullptr) return {};
  if (node->kind == NodeKind::kScalar) return {node};
  std::vector<const Node*> names;
  for (const Node* item : node->items) {
    if (!item->broken) names.push_back(item);
  }
  return names;
}

std::vector<std::string> KnownNames(const Node& body, std::string_view key, std::string_view what, const std::vector<std::string>& known,
                                    Reading& reading) {
  std::vector<std::string> names;
  for (const Node* node : NamesIn(body, key)) {
    if (std::find(known.begin(), known.end(), node->text) == known.end()) {
      reading.report.Error(node->begin, "there is no " + std::string(what) + " " + Quoted(node->shown()) + SuggestionFor(*node, known));
    }
    names.push_back(node->text);
  }
  return names;
}

std::vector<std::string> NamesOfSection(const Node& root, std::string_view section) {
  std::vector<std::string> names;
  const Node* node = root.Value(section);
  if (node == nullptr || node->kind != NodeKind::kMapping) return names;
  for (const Entry& entry : node->entries) names.push_back(entry.key->text);
  return names;
}

// Tells what is wrong with a template. `any_text`: further names come from a query.
void CheckTemplate(const Node* node, bool any_text, Reading& reading) {
  if (node == nullptr) return;
  const auto parsed = schedule::Template::Parse(node->text);
  if (!parsed) return reading.report.Error(node->begin, parsed.error().message());
  const auto is_one_of = [](const auto& names, const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  for (const std::string& name : parsed->TimeNames()) {
    if (!is_one_of(kRunTimes, name)) reading.report.Error(node->begin, "there is no time {" + name + "}: there are due, from, to");
  }
  for (const std::string& name : parsed->PlainNames()) {
    if (any_text || is_one_of(kRunTimes, name) || is_one_of(kRunTexts, name)) continue;
    reading.report.Error(node->begin, "there is no {" + name + "} here: there are due, from, to, job, run, attempt, pipeline");
  }
}

std::map<std::string, std::string> TextsByName(const Node& body, std::string_view key) {
  std::map<std::string, std::string> texts;
  const Node* node = Find(body, key);
  if (node == nullptr) return texts;
  for (const Entry& entry : node->entries) texts[entry.key->text] = entry.value->text;
  return texts;
}

class JobReader {
 public:
  JobReader(const Node& root, Reading& reading)
      : reading_(reading), jobs_(NamesOfSection(root, "jobs")), notifiers_(NamesOfSection(root, "notify")) {}

  void ReadJob(const Entry& entry);
  void ReadAlert(const Entry& entry);
  void ReadNotifier(const Entry& entry);
  void RefuseCircles();
  void WarnOfSchedulesApart();
  void RefuseNeverPolled(const Entry& source);

 private:
  void ReadSchedule(const Entry& entry, JobSpec* job);
  schedule::CatchUp ReadCatchUp(const Node& body);
  std::optional<JobStep> ReadStep(const Entry& job, size_t number, const Node& node, const JobSpec& spec);
  void ReadStepAfter(const Node& node, size_t number, const JobSpec& spec, JobStep* step);
  SqlText ReadStepSql(const Entry& job, const Node& node, const std::string& name);
  NotifyStep ReadNotify(const Entry& job, const Node& node, const std::string& name);
  ExportStep ReadExport(const Entry& job, const Node& node, const std::string& name);
  void ReadExportTables(const Entry& job, const Node& node, const std::string& name, ExportStep* step);
  HttpStep ReadHttp(const Node& node);
  SqlStep ReadStatements(const Entry& job, const Node& node, const std::string& name);
  CommandStep ReadCommand(const Node& step, const Node& words);
  std::vector<std::string> PollSources() const;
  EmailSpec ReadEmail(const Entry& entry);
  std::string ShortForm(const Node& body);

  Reading& reading_;
  const std::vector<std::string> jobs_;
  const std::vector<std::string> notifiers_;
  std::map<std::string, const Node*> job_keys_;
};

schedule::CatchUp JobReader::ReadCatchUp(const Node& body) {
  schedule::CatchUp catch_up;
  const Node* node = Find(body, "catch_up");
  if (node == nullptr) return catch_up;
  if (node->kind == NodeKind::kMapping) {
    catch_up.kind = schedule::CatchUp::Kind::kAll;
    catch_up.max = static_cast<size_t>(IntegerOr(*node, "all", static_cast<int64_t>(catch_up.max)));
  } else {
    catch_up.kind = node->text == "none"  ? schedule::CatchUp::Kind::kNone
                    : node->text == "all" ? schedule::CatchUp::Kind::kAll
                                          : schedule::CatchUp::Kind::kLast;
  }
  return catch_up;
}

void JobReader::ReadSchedule(const Entry& entry, JobSpec* job) {
  const Node& body = *entry.value;
  const Node* cron = Find(body, "cron");
  const Node* every = Find(body, "every");
  const Node* after = Find(body, "after");
  if (const Node* zone = Find(body, "timezone")) {
    auto found = schedule::TimeZone::Find(zone->text);
    if (found)
      job->zone = std::move(*found);
    else
      reading_.report.Error(zone->begin, found.error().message());
  }
  if ((cron != nullptr) + (every != nullptr) + (after != nullptr) > 1) {
    reading_.report.Error(entry.key->begin, "a job has one of cron, every and after");
    return;
  }
  const auto take = [&](const Node& node, Result<schedule::Schedule> made) {
    if (made)
      job->schedule = std::move(*made);
    else
      reading_.report.Error(node.begin, made.error().message());
  };
  if (cron != nullptr) {
    take(*cron, schedule::Schedule::OfCron(cron->text, job->zone));
    job->schedule_text = cron->text + " " + job->zone.name();
  } else if (every != nullptr) {
    take(*every, schedule::Schedule::Every(milliseconds(ParseDuration(every->text).value_or(0)), job->zone));
    job->schedule_text = "every " + every->text;
  }
  job->after = KnownNames(body, "after", "job", jobs_, reading_);
  for (const std::string& name : job->after) job->schedule_text += (job->schedule_text.empty() ? "after " : ", ") + name;
}

SqlText JobReader::ReadStepSql(const Entry& job, const Node& node, const std::string& name) {
  return ReadSqlNode(node, job, name, reading_);
}

NotifyStep JobReader::ReadNotify(const Entry& job, const Node& node, const std::string& name) {
  NotifyStep step;
  step.to = KnownNames(node, "to", "notifier", notifiers_, reading_);
  step.subject = TextOr(node, "subject", "");
  step.text = TextOr(node, "text", "");
  const Node* sql = Find(node, "sql");
  if (sql != nullptr) step.sql = ReadStepSql(job, *sql, name);
  CheckTemplate(Find(node, "subject"), sql != nullptr, reading_);
  CheckTemplate(Find(node, "text"), sql != nullptr, reading_);
  return step;
}

void JobReader::ReadStepAfter(const Node& node, size_t number, const JobSpec& spec, JobStep* step) {
  if (Find(node, "after") == nullptr) {
    if (number > 0) step->after.push_back(number - 1);
    return;
  }
  std::vector<std::string> earlier;
  for (const JobStep& other : spec.steps) earlier.push_back(other.name);
  for (const Node* name : NamesIn(node, "after")) {
    const auto found = std::find(earlier.begin(), earlier.end(), name->text);
    if (found == earlier.end()) {
      reading_.report.Error(name->begin, "there is no step " + Quoted(name->shown()) + " before this one" + SuggestionFor(*name, earlier));
    } else {
      step->after.push_back(static_cast<size_t>(found - earlier.begin()));
    }
  }
}

SqlStep JobReader::ReadStatements(const Entry& job, const Node& node, const std::string& name) {
  SqlStep sql;
  if (node.kind == NodeKind::kScalar) sql.statements.push_back(ReadStepSql(job, node, name + ".0"));
  if (node.kind != NodeKind::kSequence) return sql;
  for (const Node* text : node.items) {
    if (!text->broken) sql.statements.push_back(ReadStepSql(job, *text, name + "." + std::to_string(sql.statements.size())));
  }
  return sql;
}

std::vector<std::string> JobReader::PollSources() const {
  std::vector<std::string> names;
  for (const SourceSpec& source : reading_.pipeline.sources) {
    if (std::holds_alternative<PollSourceSpec>(source.kind)) names.push_back(source.name);
  }
  return names;
}

HttpStep JobReader::ReadHttp(const Node& node) {
  HttpStep http;
  http.method = TextOr(node, "method", "POST");
  http.url = TextOr(node, "url", "");
  http.headers = TextsByName(node, "headers");
  http.body = TextOr(node, "body", "");
  http.timeout = DurationOr(node, "timeout", http.timeout, reading_, kHttpTimeoutMinMs, kHttpTimeoutMaxMs);
  http.allow_private = BoolOr(node, "allow_private", false);
  CheckTemplate(Find(node, "url"), false, reading_);
  CheckTemplate(Find(node, "body"), false, reading_);
  return http;
}

CommandStep JobReader::ReadCommand(const Node& step, const Node& words) {
  if (!reading_.pipeline.server.commands) {
    reading_.report.Error(step.Find("command")->key->begin, "programs are not run unless the server is told so: add commands: true under server:");
  }
  for (const Node* word : words.items) CheckTemplate(word, false, reading_);
  return CommandStep{TextsOf(step, "command")};
}

// Tables of schema jobs are looked for when it is known which there are.
void JobReader::ReadExportTables(const Entry& job, const Node& node, const std::string& name, ExportStep* step) {
  const auto known = reading_.catalog.Names({RelationKind::kStream, RelationKind::kTable, RelationKind::kView});
  for (const Node* table : NamesIn(node, "tables")) {
    const auto of_jobs = sql::JobsTableName(table->text);
    if (!of_jobs && std::find(known.begin(), known.end(), table->text) == known.end()) {
      reading_.report.Error(table->begin, "there is no stream, table or view " + Quoted(table->shown()) + SuggestionFor(*table, known));
      continue;
    }
    ExportStep::Part part;
    part.name = of_jobs.value_or(table->text);
    part.sql.text = "SELECT * FROM " + (of_jobs ? sql::JobsTable(*of_jobs) : "\"" + table->text + "\"");
    part.sql.place = reading_.PlaceOf(*table);
    part.sql.line_places = {part.sql.place};
    reading_.sql[name + "." + std::to_string(step->parts.size())] = {nullptr, table, job.value};
    step->parts.push_back(std::move(part));
  }
}

ExportStep JobReader::ReadExport(const Entry& job, const Node& node, const std::string& name) {
  ExportStep step;
  const Node* sql = Find(node, "sql");
  if ((node.Find("sql") != nullptr) == (node.Find("tables") != nullptr)) {
    reading_.report.Error(node.begin, "an export has one of tables and sql");
    return step;
  }
  if (sql != nullptr)
    step.parts.push_back({"", ReadStepSql(job, *sql, name + ".0")});
  else
    ReadExportTables(job, node, name, &step);
  for (const Node* column : NamesIn(node, "partition_by")) step.partition_by.push_back(column->text);
  const Node* to = Find(node, "to");
  if (to == nullptr) return step;
  step.to = to->text;
  const auto path = schedule::Template::Parse(step.to);
  const auto names = path ? path->PlainNames() : std::vector<std::string>();
  const bool has_name = std::find(names.begin(), names.end(), "name") != names.end();
  CheckTemplate(to, has_name && sql == nullptr, reading_);
  if (path && step.parts.size() > 1 && !has_name) reading_.report.Error(to->begin, "all tables would go to one file: put {name} into the path");
  std::string format = TextOr(node, "format", "");
  for (const std::string_view ending : {".parquet", ".csv", ".jsonl"}) {
    if (format.empty() && step.to.ends_with(ending)) format = ending.substr(1);
  }
  if (format.empty() && node.Find("format") == nullptr) {
    reading_.report.Error(to->begin, "the path does not tell the format: end it with .parquet, .csv or .jsonl, or add format:");
  }
  step.format = format == "csv" ? ExportStep::Format::kCsv : format == "jsonl" ? ExportStep::Format::kJsonl : ExportStep::Format::kParquet;
  return step;
}

std::optional<JobStep> JobReader::ReadStep(const Entry& job, size_t number, const Node& node, const JobSpec& spec) {
  constexpr std::array<std::string_view, 7> kKinds = {"sql", "export", "poll", "rebuild", "notify", "http", "command"};
  const auto is_written = [&](std::string_view kind) { return node.Find(kind) != nullptr; };
  const auto kinds = std::count_if(kKinds.begin(), kKinds.end(), is_written);
  if (kinds != 1) {
    reading_.report.Error(node.begin, "a step does one thing: sql, export, poll, rebuild, notify, http or command");
    return std::nullopt;
  }
  const std::string_view kind = *std::find_if(kKinds.begin(), kKinds.end(), is_written);
  const Node* body = Find(node, kind);
  if (body == nullptr) return std::nullopt;
  JobStep step;
  step.place = reading_.PlaceOf(node);
  step.name = TextOr(node, "name", std::to_string(number + 1) + " " + std::string(kind));
  ReadStepAfter(node, number, spec, &step);
  const std::string sql_name = "jobs." + spec.name + "." + std::to_string(number);
  if (kind == "sql") {
    step.kind = ReadStatements(job, *body, sql_name);
  } else if (kind == "export") {
    step.kind = ReadExport(job, *body, sql_name);
  } else if (kind == "poll") {
    step.kind = PollStep{KnownNames(node, "poll", "source of type poll", PollSources(), reading_)};
  } else if (kind == "rebuild") {
    auto names = reading_.catalog.Names({RelationKind::kStream, RelationKind::kTable, RelationKind::kCollection});
    step.kind = RebuildStep{KnownNames(node, "rebuild", "table, collection or stream", names, reading_)};
  } else if (kind == "notify") {
    step.kind = ReadNotify(job, *body, sql_name);
  } else if (kind == "http") {
    step.kind = ReadHttp(*body);
  } else {
    step.kind = ReadCommand(node, *body);
  }
  return step;
}

void JobReader::ReadJob(const Entry& entry) {
  const Node& body = *entry.value;
  if (body.kind != NodeKind::kMapping || body.broken) return;
  JobSpec job;
  job.name = entry.key->text;
  job.place = reading_.PlaceOf(*entry.key);
  job_keys_[job.name] = entry.key;
  job.description = TextOr(body, "description", "");
  ReadSchedule(entry, &job);
  job.catch_up = ReadCatchUp(body);
  job.skip_overlap = TextOr(body, "overlap", "queue") == "skip";
  job.timeout = DurationOr(body, "timeout", job.timeout, reading_, kAlertEveryMinMs);
  if (const Node* retry = Find(body, "retry")) {
    job.retry.times = IntegerOr(*retry, "times", 1);
    job.retry.after = DurationOr(*retry, "after", job.retry.after, reading_);
    job.retry.after_max = DurationOr(*retry, "max", std::max(job.retry.after, job.retry.after_max), reading_);
  }
  if (body.Find("on_failure") != nullptr) job.on_failure = KnownNames(body, "on_failure", "notifier", notifiers_, reading_);
  const Node* steps = Find(body, "steps");
  for (const Node* step : steps == nullptr ? std::vector<Node*>{} : std::vector<Node*>(steps->items.begin(), steps->items.end())) {
    if (step->broken || step->kind != NodeKind::kMapping) continue;
    if (auto read = ReadStep(entry, job.steps.size(), *step, job)) job.steps.push_back(std::move(*read));
  }
  reading_.pipeline.jobs.push_back(std::move(job));
}

// `after` may not come back to where it began: none of the jobs would ever run.
void JobReader::RefuseCircles() {
  for (const JobSpec& job : reading_.pipeline.jobs) {
    std::set<std::string> seen;
    std::vector<std::string> open = job.after;
    while (!open.empty()) {
      const std::string name = open.back();
      open.pop_back();
      if (name == job.name) {
        reading_.report.Error(job_keys_.at(job.name)->begin, "a circle: the job " + Quoted(job.name) + " waits for itself");
        break;
      }
      if (!seen.insert(name).second) continue;
      for (const JobSpec& other : reading_.pipeline.jobs) {
        if (other.name == name) open.insert(open.end(), other.after.begin(), other.after.end());
      }
    }
  }
}

// Jobs that wait for several which have few due times in common, or none.
void JobReader::WarnOfSchedulesApart() {
  std::map<std::string, const JobSpec*> jobs;
  for (const JobSpec& job : reading_.pipeline.jobs) jobs[job.name] = &job;
  for (const JobSpec& job : reading_.pipeline.jobs) {
    std::set<std::string> schedules;
    for (const std::string& name : job.after) {
      const auto before = jobs.find(name);
      if (before != jobs.end() && before->second->schedule) schedules.insert(before->second->schedule_text);
    }
    if (schedules.size() < 2) continue;
    reading_.report.Warning(job_keys_.at(job.name)->begin, "the jobs that " + Quoted(job.name) + " waits for have other schedules: it runs only when they have a due time in common");
  }
}

// A poll without a schedule that no job asks.
void JobReader::RefuseNeverPolled(const Entry& source) {
  const Node& body = *source.value;
  if (body.kind != NodeKind::kMapping || body.broken || TextOr(body, "type", "") != "poll") return;
  if (body.Find("every") != nullptr || body.Find("cron") != nullptr) return;
  for (const JobSpec& job : reading_.pipeline.jobs) {
    for (const JobStep& step : job.steps) {
      const auto* poll = std::get_if<PollStep>(&step.kind);
      if (poll != nullptr && std::find(poll->sources.begin(), poll->sources.end(), source.key->text) != poll->sources.end()) return;
    }
  }
  reading_.report.Error(body.Find("type")->key->begin, "every or cron is missing, and no job polls it");
}

// The SQL that `freshness` and `volume` stand for.
std::string JobReader::ShortForm(const Node& body) {
  const Node* freshness = Find(body, "freshness");
  const Node* volume = Find(body, "volume");
  const Node* of = freshness != nullptr ? freshness : volume;
  const Node* stream = of == nullptr ? nullptr : Find(*of, "stream");
  if (stream == nullptr) return {};
  const auto* spec = [&]() -> const StreamSpec* {
    for (const StreamSpec& known : reading_.pipeline.streams) {
      if (known.name == stream->text) return &known;
    }
    return nullptr;
  }();
  if (spec == nullptr) {
    reading_.report.Error(stream->begin, "there is no stream " + Quoted(stream->shown()) +
                                             SuggestionFor(*stream, reading_.catalog.Names({RelationKind::kStream})));
    return {};
  }
  const std::string name = "\"" + spec->name + "\"";
  const auto interval = [&](std::string_view key) {
    return "to_milliseconds(" + std::to_string(DurationOr(*of, key, milliseconds(0), reading_, kAlertEveryMinMs).count()) + ")";
  };
  if (freshness != nullptr) {
    return "SELECT max(_ingested_at) AS last FROM " + name + " HAVING last IS NULL OR last < now() - " + interval("within");
  }
  std::string bounds;
  if (Find(*of, "min") != nullptr) bounds = "n < " + std::to_string(IntegerOr(*of, "min", 0));
  if (Find(*of, "max") != nullptr) bounds += (bounds.empty() ? "" : " OR ") + ("n > " + std::to_string(IntegerOr(*of, "max", 0)));
  if (bounds.empty()) {
    reading_.report.Error(of->begin, "volume has a min, a max, or both");
    return {};
  }
  return "SELECT count(*) AS n FROM " + name + " WHERE _ingested_at > now() - " + interval("within") + " HAVING " + bounds;
}

void JobReader::ReadAlert(const Entry& entry) {
  const Node& body = *entry.value;
  if (body.kind != NodeKind::kMapping || body.broken) return;
  AlertSpec alert;
  alert.name = entry.key->text;
  alert.place = reading_.PlaceOf(*entry.key);
  const auto forms = (body.Find("sql") != nullptr) + (body.Find("freshness") != nullptr) + (body.Find("volume") != nullptr);
  if (forms != 1) {
    reading_.report.Error(entry.key->begin, "an alert has one of sql, freshness and volume");
  } else if (const Node* sql = Find(body, "sql")) {
    alert.sql = ReadSqlNode(*sql, entry, "alerts." + alert.name, reading_);
  } else {
    alert.sql.text = ShortForm(body);
    alert.sql.place = alert.place;
    alert.sql.line_places = {alert.place};
    reading_.sql["alerts." + alert.name] = {nullptr, entry.key, entry.value};
  }
  alert.every = DurationOr(body, "every", alert.every, reading_, kAlertEveryMinMs);
  alert.for_at_least = DurationOr(body, "for", alert.for_at_least, reading_);
  alert.repeat = DurationOr(body, "repeat", alert.repeat, reading_);
  alert.message = TextOr(body, "message", "");
  if (const Node* message = Find(body, "message")) {
    const auto parsed = schedule::Template::Parse(message->text);
    if (!parsed) reading_.report.Error(message->begin, parsed.error().message());
  }
  alert.notify = KnownNames(body, "notify", "notifier", notifiers_, reading_);
  reading_.pipeline.alerts.push_back(std::move(alert));
}

EmailSpec JobReader::ReadEmail(const Entry& entry) {
  const Node& body = *entry.value;
  EmailSpec email;
  if (const Node* smtp = Find(body, "smtp")) {
    std::string_view address = smtp->text;
    email.tls = address.starts_with("smtps://");
    for (const std::string_view scheme : {"smtps://", "smtp://"}) {
      if (address.starts_with(scheme)) address.remove_prefix(scheme.size());
    }
    const size_t colon = address.rfind(':');
    email.host = std::string(address.substr(0, colon));
    int64_t port = email.tls ? kSmtpsPort : kSmtpPort;
    const std::string_view digits = colon == std::string_view::npos ? std::string_view() : address.substr(colon + 1);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    const bool is_number = colon == std::string_view::npos || (parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size());
    if (email.host.empty() || !is_number || port < 1 || port > 65'535) {
      reading_.report.Error(smtp->begin, "expected HOST:PORT, smtp://HOST:PORT or smtps://HOST:PORT, found " + Quoted(smtp->shown()));
    }
    email.port = static_cast<uint16_t>(port);
  }
  email.starttls = BoolOr(body, "starttls", false);
  email.user = TextOr(body, "user", "");
  email.password = TextOr(body, "password", "");
  if (Find(body, "ca") != nullptr) email.ca = reading_.Absolute(TextOr(body, "ca", ""));
  email.from = TextOr(body, "from", "");
  for (const Node* to : NamesIn(body, "to")) email.to.push_back(to->text);
  std::vector<std::string> addresses = email.to;
  addresses.push_back(email.from);
  for (const std::string& address : addresses) {
    if (address.find_first_of("\r\n<> ") != std::string::npos) reading_.report.Error(entry.key->begin, "an address of e-mail is NAME@HOST alone");
  }
  if (!email.user.empty() && !email.tls && !email.starttls) {
    reading_.report.Error(entry.key->begin, "a password does not go over a plain connection: add starttls: true, or write smtps://");
  }
  return email;
}

void JobReader::ReadNotifier(const Entry& entry) {
  const Node& body = *entry.value;
  if (body.kind != NodeKind::kMapping || body.broken) return;
  NotifierSpec notifier;
  notifier.name = entry.key->text;
  notifier.place = reading_.PlaceOf(*entry.key);
  const std::string type = TextOr(body, "type", "");
  if (type == "email")
    notifier.kind = ReadEmail(entry);
  else if (type == "webhook")
    notifier.kind = WebhookSpec{TextOr(body, "url", ""), TextsByName(body, "headers"), BoolOr(body, "allow_private", false)};
  else
    notifier.kind = LogNotifierSpec{};
  reading_.pipeline.notifiers.push_back(std::move(notifier));
}

}  // namespace

void ReadJobs(const Node& root, Reading& reading) {
  JobReader reader(root, reading);
  for (const Entry& entry : EntriesOf(root, "notify", reading)) reader.ReadNotifier(entry);
  for (const Entry& entry : EntriesOf(root, "jobs", reading)) reader.ReadJob(entry);
  for (const Entry& entry : EntriesOf(root, "alerts", reading)) reader.ReadAlert(entry);
  reader.RefuseCircles();
  reader.WarnOfSchedulesApart();
  for (const Entry& entry : EntriesOf(root, "sources", reading)) reader.RefuseNeverPolled(entry);
}

}  // namespace tailrace::config
