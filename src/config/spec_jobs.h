// Jobs, alerts, and who is told.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/spec_text.h"
#include "schedule/catch_up.h"
#include "schedule/schedule.h"

namespace tailrace::config {

// Statements over schema jobs, in one transaction.
struct SqlStep {
  std::vector<SqlText> statements;
};

struct RebuildStep {
  std::vector<std::string> names;
};

// A message; `sql` gives one row whose columns are names in the texts.
struct NotifyStep {
  std::vector<std::string> to;
  std::string subject;  // schedule::Template
  std::string text;     // the same
  SqlText sql;          // empty: none
};

// Files that hold what relations or a SELECT answer.
struct ExportStep {
  enum class Format { kParquet, kCsv, kJsonl };
  struct Part {
    std::string name;  // of the relation, {name} in `to`; empty: a SELECT
    SqlText sql;
  };
  std::vector<Part> parts;
  std::string to;  // schedule::Template; relative to the pipeline file
  Format format = Format::kParquet;
  std::vector<std::string> partition_by;
};

// Sources of type `poll` that are asked, for the due time of the run.
struct PollStep {
  std::vector<std::string> sources;
};

// Texts are templates.
struct HttpStep {
  std::string method = "POST";
  std::string url;
  std::map<std::string, std::string> headers;
  std::string body;
  std::chrono::milliseconds timeout{30'000};
  bool allow_private = false;
};

struct CommandStep {
  std::vector<std::string> words;  // templates; no shell
};

struct JobStep {
  std::string name;  // as written, or what it does
  Place place;
  std::vector<size_t> after;  // steps that must have succeeded, by their place in the list
  std::variant<SqlStep, RebuildStep, NotifyStep, HttpStep, CommandStep, ExportStep, PollStep> kind;
};

struct RetrySpec {
  int64_t times = 0;
  std::chrono::milliseconds after{60'000};       // before the first; doubled for each further one
  std::chrono::milliseconds after_max{3'600'000};
};

struct JobSpec {
  std::string name;
  Place place;
  std::string description;
  std::optional<schedule::Schedule> schedule;  // nullopt: after other jobs, or by hand
  std::string schedule_text;                   // for people: `0 6 * * * Europe/London`
  schedule::TimeZone zone;
  std::vector<std::string> after;  // jobs
  schedule::CatchUp catch_up;
  bool skip_overlap = false;  // else they wait
  RetrySpec retry;
  std::chrono::milliseconds timeout{3'600'000};
  std::vector<JobStep> steps;
  std::optional<std::vector<std::string>> on_failure;  // notifiers; nullopt: all
};

struct EmailSpec {
  std::string host;
  uint16_t port = 25;
  bool tls = false;       // from the first byte (smtps)
  bool starttls = false;  // refuse to go on without
  std::string user;
  std::string password;  // secret
  std::string ca;        // PEM, absolute; empty: the system's
  std::string from;
  std::vector<std::string> to;
};

struct WebhookSpec {
  std::string url;  // secret
  std::map<std::string, std::string> headers;
  bool allow_private = false;
};

struct LogNotifierSpec {};

struct NotifierSpec {
  std::string name;
  Place place;
  std::variant<EmailSpec, WebhookSpec, LogNotifierSpec> kind;
};

struct AlertSpec {
  std::string name;
  Place place;
  SqlText sql;  // rows: it fires
  std::chrono::milliseconds every{60'000};
  std::chrono::milliseconds for_at_least{0};
  std::chrono::milliseconds repeat{0};  // told again while it goes on; 0: not
  std::string message;                  // schedule::Template over the first row
  std::vector<std::string> notify;
};

}  // namespace tailrace::config
