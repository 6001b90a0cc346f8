#include <fmt/format.h>

#include <memory>
#include <string>

#include "app/commands/declare.h"
#include "app/log_folder.h"
#include "app/pipeline_file.h"
#include "log/verify.h"
#include "server/http/json_out.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string pipeline = ".";
  std::string stream;
  bool json = false;
};

std::string AsJson(const log::VerifyReport& report) {
  std::string text;
  server::JsonWriter json(text);
  json.BeginObject()
      .Bool("sound", report.sound())
      .Int("partitions", report.partitions)
      .Int("segments", report.segments);
  json.Int("batches", report.batches).Int("records", report.records).Int("bytes", report.bytes);
  json.Key("damage").BeginArray();
  for (const log::Damage& damage : report.damage) {
    json.BeginObject().Text("file", damage.file).Int("byte", damage.byte).Text("problem", damage.problem);
    json.Int("first", damage.first).Int("end", damage.end).EndObject();
  }
  json.EndArray().Key("torn_tails").BeginArray();
  for (const log::TornTail& tail : report.torn_tails) {
    json.BeginObject().Text("file", tail.file).Int("byte", tail.byte).Int("bytes", tail.bytes).EndObject();
  }
  json.EndArray().EndObject();
  return text;
}

void Add(log::VerifyReport more, log::VerifyReport* sum) {
  sum->partitions += more.partitions;
  sum->segments += more.segments;
  sum->batches += more.batches;
  sum->records += more.records;
  sum->bytes += more.bytes;
  for (log::Damage& damage : more.damage) sum->damage.push_back(std::move(damage));
  for (log::TornTail& tail : more.torn_tails) sum->torn_tails.push_back(std::move(tail));
}

Result<log::VerifyReport> VerifyAll(const LogFolder& folder) {
  TR_TRY(log::VerifyReport report, log::VerifyLog(PosixFileSystem(), folder.records));
  auto dead_letters = log::VerifyLog(PosixFileSystem(), folder.dead_letters);
  if (dead_letters) Add(std::move(*dead_letters), &report);
  // Most streams have none.
  if (!dead_letters && dead_letters.error().code() != ErrorCode::kNotFound) return Fail(dead_letters.error());
  return report;
}

ExitCode Verify(const Options& options, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const auto folder = OpenLogFolder(*pipeline, options.stream, /*exclusive=*/true);
  if (!folder) return console.Report(folder.error());
  const auto report = VerifyAll(*folder);
  if (!report) return console.Report(report.error());
  if (options.json) {
    console.OutLine(AsJson(*report));
  } else {
    console.Out(log::RenderReport(*report));
  }
  return report->sound() ? ExitCode::kDone : ExitCode::kNo;
}

}  // namespace

Action DeclareLogVerify(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Pipeline(&options->pipeline);
  arguments.Option("--stream", "NAME", "Only this stream", &options->stream);
  arguments.Flag("--json", "The report as a JSON object", &options->json);
  return [options](Console& console) { return Verify(*options, console); };
}

}  // namespace tailrace::app
