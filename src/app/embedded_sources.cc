#include "app/embedded_sources.h"

#include <variant>

#include "base/clock.h"
#include "base/file_system.h"
#include "engine/plan.h"
#include "sources/file_source.h"
#include "sources/generate_source.h"

namespace tailrace::app {
namespace {

SourceFormat FormatOf(config::FileFormat format) {
  switch (format) {
    case config::FileFormat::kCsv: return SourceFormat::kCsv;
    case config::FileFormat::kJson: return SourceFormat::kJson;
    case config::FileFormat::kJsonl: return SourceFormat::kJsonLines;
    case config::FileFormat::kParquet: return SourceFormat::kParquet;
  }
  return SourceFormat::kCsv;
}

// What rows are read by: the schema of the stream that takes them whole; none where streams take parts of them.
Schema RowSchema(const config::SourceSpec& spec, const config::Pipeline& pipeline) {
  Schema any;
  any.unknown_fields = UnknownFields::kDrop;
  if (spec.into.size() != 1 || !spec.into.front().pointer.empty()) return any;
  const auto* stream = engine::FindStream(pipeline, spec.into.front().stream);
  return stream == nullptr ? any : stream->schema;
}

using Opened = Result<std::unique_ptr<Source>>;

Opened Open(const config::FileSourceSpec& file, const config::SourceSpec& spec, const config::Pipeline& pipeline, const PollSurroundings&) {
  FileSourceOptions options;
  options.path = file.path;
  options.format = FormatOf(file.format);
  options.latin1 = file.encoding == config::TextEncoding::kLatin1;
  options.watch = file.watch;
  return MakeFileSource(options, RowSchema(spec, pipeline));
}

Opened Open(const config::GenerateSourceSpec& generate, const config::SourceSpec& spec, const config::Pipeline& pipeline,
            const PollSurroundings&) {
  GenerateSourceOptions options;
  options.sql = generate.sql;
  options.rows = generate.rows;
  options.rate = generate.rate;
  return MakeGenerateSource(options, RowSchema(spec, pipeline), SystemClock());
}

Opened Open(const config::HttpSourceSpec&, const config::SourceSpec&, const config::Pipeline&, const PollSurroundings&) {
  return std::unique_ptr<Source>();
}

Opened Open(const config::PollSourceSpec& poll, const config::SourceSpec& spec, const config::Pipeline&, const PollSurroundings& polls) {
  if (polls.http == nullptr || polls.clock == nullptr) return Fail(Error::Invalid("a poll is asked for by `run` only"));
  PollSourceOptions options;
  options.name = spec.name;
  options.folder = PollFolder(polls.folder, spec.name);
  options.once = polls.once;
  options.wait = polls.wait;
  options.counts = polls.counts;
  return MakePollSource(poll, std::move(options), *polls.http, PosixFileSystem(), *polls.clock);
}

}  // namespace

std::string PollFolder(const std::string& data, const std::string& source) { return data + "/polls/" + source; }

Result<std::unique_ptr<Source>> OpenEmbeddedSource(const config::SourceSpec& spec, const config::Pipeline& pipeline,
                                                   const PollSurroundings& polls) {
  auto source = std::visit([&](const auto& kind) { return Open(kind, spec, pipeline, polls); }, spec.kind);
  if (!source) return Fail(source.error().With("source " + spec.name));
  return source;
}

}  // namespace tailrace::app
