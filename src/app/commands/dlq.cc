#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "app/commands/declare.h"
#include "app/json_value.h"
#include "app/letter_door.h"
#include "app/pipeline_file.h"
#include "app/signals.h"
#include "app/table_text.h"
#include "base/logging.h"
#include "config/stream_names.h"

namespace tailrace::app {
namespace {

constexpr int64_t kLettersShownMax = 10'000;
constexpr int64_t kLettersShown = 20;

struct Options {
  std::string stream;
  std::string pipeline = ".";
  std::string fault;
  std::string fix;
  bool dry_run = false;
  bool json = false;
  std::optional<int64_t> limit;
  std::optional<uint16_t> port;
};

std::string RecordOf(const JsonValue& letter) {
  const JsonValue* raw = letter.Find("raw");
  return raw != nullptr ? raw->text : "base64 " + std::string(letter.TextOf("raw_base64"));
}

std::string StageOf(const JsonValue& of) {
  const std::string_view materialization = of.TextOf("materialization");
  return materialization.empty() ? std::string(of.TextOf("stage")) : fmt::format("{} {}", of.TextOf("stage"), materialization);
}

// `tailrace dlq list FOLDER`: no stream is the name of a folder.
void SortArguments(Options& options) {
  std::error_code ignored;
  const std::filesystem::path path(options.stream);
  const bool is_pipeline = std::filesystem::is_directory(path, ignored) || path.extension() == ".yaml";
  if (options.pipeline == "." && is_pipeline) options.pipeline = std::exchange(options.stream, "");
}

// The stream by its name or alias. kInvalid: no such stream.
Status SortNames(Options& options, const config::Pipeline& pipeline) {
  if (options.stream.empty()) return {};
  TR_TRY(options.stream, config::StreamCalled(pipeline, options.stream));
  return {};
}

void ShowStream(const JsonValue& stream, Console& console) {
  const JsonValue* faults = stream.Find("faults");
  const int64_t open = stream.IntOf("open");
  std::string head = fmt::format("{}: {}", console.Paint(Style::kBold, stream.TextOf("stream")), Counted(open, "dead letter"));
  if (const int64_t pending = stream.IntOf("pending"); pending > 0) head += fmt::format(", {} being sent again", Grouped(pending));
  if (const int64_t more = stream.IntOf("untracked"); more > 0) head += fmt::format(", {} more not looked at yet", Grouped(more));
  console.OutLine(head);
  for (const JsonValue& fault : faults->items) {
    const int64_t letters = fault.IntOf("open") + fault.IntOf("pending");
    console.OutLine(fmt::format("  {}  {}", console.Paint(Style::kCyan, fault.TextOf("id")),
                                console.Paint(Style::kRed, OneLine(fault.TextOf("fault")))));
    console.OutLine(fmt::format("            {}, {}, first {}, last {}", StageOf(fault), Counted(letters, "record"),
                                fault.TextOf("first"), fault.TextOf("last")));
    const JsonValue* example = fault.Find("example");
    if (example != nullptr && example->members.size() > 1) {
      console.OutLine(fmt::format("            {}", console.Paint(Style::kDim, OneLine(RecordOf(*example)))));
    }
  }
}

Result<std::unique_ptr<LetterDoor>> OpenDoor(Options& options, config::Pipeline pipeline, const std::stop_token& stop) {
  TR_RETURN_IF_ERROR(SortNames(options, pipeline));
  return OpenLetterDoor(std::move(pipeline), options.port, stop);
}

ExitCode List(Options options, Console& console) {
  SortArguments(options);
  auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  SetLogLevel(LogLevel::kError);
  const StopOnSignals signals;
  const auto door = OpenDoor(options, std::move(*pipeline), signals.token());
  if (!door) return console.Report(door.error());
  const auto answer = (*door)->List(signals.token());
  if (!answer) return console.Report(answer.error());
  JsonValue shown{.kind = JsonValue::Kind::kArray, .text = {}, .items = {}, .members = {}};
  for (const JsonValue& stream : answer->Find("streams")->items) {
    if (options.stream.empty() || stream.TextOf("stream") == options.stream) shown.items.push_back(stream);
  }
  if (options.json) {
    console.OutLine(ToJson(shown));
    return ExitCode::kDone;
  }
  for (const JsonValue& stream : shown.items) ShowStream(stream, console);
  return ExitCode::kDone;
}

// "data.csv:17", "request r5-0-1, record 3", "partition 0, offset 12"
std::string PlaceOf(const JsonValue& letter) {
  if (letter.Find("partition") != nullptr) {
    return fmt::format("partition {}, offset {}", letter.TextOf("partition"), letter.TextOf("offset"));
  }
  const std::string_view line = letter.TextOf("line");
  std::string place = letter.Find("request") != nullptr
                          ? fmt::format("request {}, record {}", letter.TextOf("request"), letter.TextOf("index"))
                          : OneLine(letter.TextOf("item"));
  if (letter.Find("request") == nullptr && line.empty()) place += fmt::format(", place {}", letter.TextOf("place"));
  if (!line.empty()) place += fmt::format(":{}", line);
  return place;
}

void ShowLetter(const JsonValue& letter, Console& console) {
  const std::string_view pointer = letter.TextOf("pointer");
  const std::string_view told = letter.TextOf("reason");
  const std::string_view first_line = told.substr(0, told.find('\n'));
  const std::string reason = pointer.empty() ? std::string(first_line) : fmt::format("{}: {}", pointer, first_line);
  console.OutLine(fmt::format("{} {} {}{}", console.Paint(Style::kBold, fmt::format("#{}", letter.TextOf("letter"))),
                              StageOf(letter), console.Paint(Style::kRed, OneLine(reason)),
                              letter.TextOf("state") == "pending" ? " (being sent again)" : ""));
  console.OutLine(fmt::format("    {}, {}, fault {}", letter.TextOf("time"), PlaceOf(letter), letter.TextOf("fault_id")));
  console.OutLine(fmt::format("    {}", console.Paint(Style::kDim, OneLine(RecordOf(letter)))));
}

ExitCode Show(Options options, Console& console) {
  auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  SetLogLevel(LogLevel::kError);
  const StopOnSignals signals;
  const auto door = OpenDoor(options, std::move(*pipeline), signals.token());
  if (!door) return console.Report(door.error());
  engine::LetterFilter filter;
  filter.fault = options.fault;
  filter.limit = static_cast<size_t>(options.limit.value_or(kLettersShown));
  const auto answer = (*door)->Show(options.stream, filter, signals.token());
  if (!answer) return console.Report(answer.error());
  if (options.json) {
    console.OutLine(ToJson(*answer->Find("letters")));
    return ExitCode::kDone;
  }
  for (const JsonValue& letter : answer->Find("letters")->items) ShowLetter(letter, console);
  if (!answer->Find("next")->is(JsonValue::Kind::kNull)) {
    console.ErrLine(fmt::format("{} the first {}: --limit shows more", console.PaintErr(Style::kYellow, "cut:"), filter.limit));
  }
  return ExitCode::kDone;
}

Result<std::string> ReadFix(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (!file.is_open() || file.bad()) return Fail(Error::Invalid(path + " cannot be read"));
  if (text.find_first_not_of(" \t\r\n;") == std::string::npos) return Fail(Error::Invalid(path + " is empty: a SELECT over dead_letters is wanted"));
  return text;
}

void ShowRedrive(const JsonValue& report, bool dry_run, Console& console) {
  const int64_t failing = report.IntOf("failing");
  const int64_t pending = report.IntOf("pending");
  std::string line = fmt::format("{}: {}, {} {}", console.Paint(Style::kBold, report.TextOf("stream")),
                                 Counted(report.IntOf("letters"), "dead letter"), Grouped(report.IntOf("sent")),
                                 dry_run ? "would be sent again" : "sent again");
  if (failing > 0) line += fmt::format(", {} of them {}", Grouped(failing), dry_run ? "would be refused" : "refused");
  if (pending > 0) line += fmt::format(", {} not seen to yet", Grouped(pending));
  if (const int64_t left = report.IntOf("left"); left > 0) line += fmt::format(", {} left as they are", Grouped(left));
  console.OutLine(line);
  for (const JsonValue& failure : report.Find("failures")->items) {
    const std::string_view reason = failure.TextOf("reason");
    console.OutLine(fmt::format("  #{} {}", failure.TextOf("letter"), console.Paint(Style::kRed, OneLine(reason.substr(0, reason.find('\n'))))));
  }
}

ExitCode Redrive(Options options, Console& console) {
  auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  auto fix = ReadFix(options.fix);
  if (!fix) return console.Report(fix.error());
  SetLogLevel(LogLevel::kError);
  const StopOnSignals signals;
  const auto door = OpenDoor(options, std::move(*pipeline), signals.token());
  if (!door) return console.Report(door.error());
  const auto report = (*door)->Redrive({options.stream, options.fault, std::move(*fix), options.dry_run}, signals.token());
  if (!report) return console.Report(report.error());
  if (options.json) {
    console.OutLine(ToJson(*report));
  } else {
    ShowRedrive(*report, options.dry_run, console);
  }
  return report->IntOf("failing") > 0 ? ExitCode::kNo : ExitCode::kDone;
}

ExitCode Resume(Options options, Console& console) {
  auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  SetLogLevel(LogLevel::kError);
  const StopOnSignals signals;
  const auto door = OpenDoor(options, std::move(*pipeline), signals.token());
  if (!door) return console.Report(door.error());
  const auto answer = (*door)->Resume(options.stream, signals.token());
  if (!answer) return console.Report(answer.error());
  if (options.json) {
    console.OutLine(ToJson(*answer));
    return ExitCode::kDone;
  }
  const std::string_view was = answer->TextOf("was");
  console.OutLine(fmt::format("{}: {}", console.Paint(Style::kBold, options.stream),
                              was.empty() ? "was in no trouble; its dead letters of until now count no more" : "goes on"));
  if (!was.empty()) console.OutLine(fmt::format("  it was: {}", OneLine(was)));
  return ExitCode::kDone;
}

}  // namespace

Action DeclareDlqResume(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("STREAM", "The stream", &options->stream);
  arguments.Pipeline(&options->pipeline);
  arguments.Flag("--json", "As a JSON object", &options->json);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return Resume(*options, console); };
}

Action DeclareDlqRedrive(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("STREAM", "The stream", &options->stream);
  arguments.Pipeline(&options->pipeline);
  arguments.Option("--fault", "ID", "Only this fault, as `dlq list` names it", &options->fault);
  arguments.Option("--with", "FILE", "A SELECT over dead_letters that returns letter and the new record", &options->fix);
  arguments.Flag("--dry-run", "Only say what would become of each", &options->dry_run);
  arguments.Flag("--json", "As a JSON object", &options->json);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return Redrive(*options, console); };
}

Action DeclareDlqList(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Optional("STREAM", "Only this stream", &options->stream);
  arguments.Pipeline(&options->pipeline);
  arguments.Flag("--json", "As a JSON array of streams", &options->json);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return List(*options, console); };
}

Action DeclareDlqShow(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("STREAM", "The stream", &options->stream);
  arguments.Pipeline(&options->pipeline);
  arguments.Option("--fault", "ID", "Only this fault, as `dlq list` names it", &options->fault);
  arguments.Number("--limit", "So many at most (default 20)", 1, kLettersShownMax, &options->limit);
  arguments.Flag("--json", "As a JSON array of letters", &options->json);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return Show(*options, console); };
}

}  // namespace tailrace::app
