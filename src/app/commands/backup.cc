#include "app/backup.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>

#include "app/commands/declare.h"
#include "app/data_directory.h"
#include "app/json_value.h"
#include "app/pipeline_file.h"
#include "app/server_client.h"
#include "app/signals.h"
#include "server/http/json_out.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string to;
  std::string pipeline = ".";
  bool json = false;
  std::optional<uint16_t> port;
};

Result<std::string> AskServer(const config::Pipeline& pipeline, const std::string& to, const Options& options, const std::stop_token& stop) {
  std::string body;
  server::JsonWriter(body).BeginObject().Text("to", to).EndObject();
  const auto client = ClientOf(pipeline, options.port);
  auto response = client->Send({.method = "POST", .target = "/backup", .headers = {{"Content-Type", "application/json"}}, .body = body}, stop);
  if (!response) return Fail(NoServer(*client, response.error()));
  TR_RETURN_IF_ERROR(StatusOf(*response));
  return response->body;
}

// Of the folder when it is free, else by the server that holds it.
Result<std::string> Make(const config::Pipeline& pipeline, const std::string& to, const Options& options, const std::stop_token& stop) {
  if (!std::filesystem::exists(pipeline.server.data)) {
    return Fail(Error::NotFound(pipeline.server.data + " is not there: nothing has been written yet"));
  }
  auto held = DataDirectory::Open(pipeline.server.data);
  if (!held && held.error().code() == ErrorCode::kConflict) return AskServer(pipeline, to, options, stop);
  if (!held) return Fail(held.error());
  TR_TRY(const BackupSummary summary, MakeBackup(pipeline, pipeline.server.data, to, nullptr, SystemClock()));
  return ToJson(summary);
}

void Show(const JsonValue& summary, const std::string& to, Console& console) {
  console.OutLine(fmt::format("backed up to {}: {} files, {} bytes", to, summary.TextOf("files"), summary.TextOf("bytes")));
  const JsonValue* streams = summary.Find("streams");
  if (streams == nullptr) return;
  for (const JsonValue& stream : streams->items) {
    std::string ends;
    for (const JsonValue& end : stream.Find("ends")->items) ends += (ends.empty() ? "" : ", ") + end.text;
    console.OutLine(fmt::format("  {} up to {}", stream.TextOf("name"), ends));
  }
}

ExitCode Backup(const Options& options, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const StopOnSignals signals;
  const std::string to = std::filesystem::absolute(options.to).lexically_normal().string();
  const auto made = Make(*pipeline, to, options, signals.token());
  if (!made) return console.Report(made.error());
  if (options.json) {
    console.OutLine(*made);
  } else if (const auto summary = ParseJson(*made)) {
    Show(*summary, to, console);
  }
  return ExitCode::kDone;
}

}  // namespace

Action DeclareBackup(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("TO", "A folder that is not there yet, or is empty", &options->to);
  arguments.Pipeline(&options->pipeline);
  arguments.Port("Where the server listens, when it was started with --port", &options->port);
  arguments.Flag("--json", "What it holds, as a JSON object", &options->json);
  return [options](Console& console) { return Backup(*options, console); };
}

}  // namespace tailrace::app
