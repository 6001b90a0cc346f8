#include <fmt/format.h>

#include <memory>
#include <string>

#include "app/commands/declare.h"
#include "app/commands/keys_show.h"
#include "app/key_folder.h"
#include "app/pipeline_file.h"
#include "base/clock.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string pipeline = ".";
  GrantWords grant;
  std::string name;
  std::string expires;
  bool aws = false;
  bool json = false;
};

ExitCode Add(const Options& options, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  control::NewKeyRequest request;
  request.name = options.name;
  request.aws = options.aws;
  auto grant = GrantOf(options.grant, *pipeline);
  if (!grant) return console.Report(grant.error());
  request.grant = std::move(*grant);
  if (!options.expires.empty()) {
    const auto lifetime_ms = LifetimeOf("--expires", options.expires);
    if (!lifetime_ms) return console.Report(lifetime_ms.error());
    request.expires_ms = SystemClock().Now().millis() + *lifetime_ms;
  }
  const auto keys = OpenKeys(*pipeline);
  if (!keys) return console.Report(keys.error());
  const auto issued = (*keys)->Add(request);
  if (!issued) return console.Report(issued.error());
  ShowIssuedKey(*issued, options.json, console);
  return ExitCode::kDone;
}

}  // namespace

Action DeclareKeysAdd(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Pipeline(&options->pipeline);
  arguments.RequiredOption("--role", "ROLE", "ingest, read or admin; ingest,read for both", &options->grant.roles);
  arguments.Options("--stream", "NAME", "Only this stream (each may be given several times)", &options->grant.streams);
  arguments.Options("--table", "NAME", "Only this table or view", &options->grant.tables);
  arguments.Options("--collection", "NAME", "Only this collection", &options->grant.collections);
  arguments.Options("--api", "NAME", "Only this api", &options->grant.apis);
  arguments.Option("--expires", "TIME", "How long it is valid, such as 90d (default: until it is revoked)", &options->expires);
  arguments.Option("--name", "TEXT", "For people: whose it is, or what for", &options->name);
  arguments.Flag("--aws", "An access key for clients of Kinesis and Firehose, such as boto3, which sign with it", &options->aws);
  arguments.Flag("--json", "As a JSON object", &options->json);
  return [options](Console& console) { return Add(*options, console); };
}

}  // namespace tailrace::app
