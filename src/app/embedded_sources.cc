#include "app/embedded_sources.h"

#include <variant>

#include "base/clock.h"
#include "base/file_system.h"
#include "databases/database_source.h"
#include "engine/plan.h"
#include "sources/delta_source.h"
#include "sources/delta_table.h"
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

// The stream that takes whole rows; null where streams take parts of them.
const config::StreamSpec* RowStream(const config::SourceSpec& spec, const config::Pipeline& pipeline) {
  if (spec.into.size() != 1 || !spec.into.front().pointer.empty()) return nullptr;
  return engine::FindStream(pipeline, spec.into.front().stream);
}

// What rows are read by.
Schema RowSchema(const config::SourceSpec& spec, const config::Pipeline& pipeline) {
  if (const auto* stream = RowStream(spec, pipeline)) return stream->schema;
  Schema any;
  any.unknown_fields = UnknownFields::kDrop;
  return any;
}

using Opened = Result<std::unique_ptr<Source>>;

Opened Open(const config::FileSourceSpec& file, const config::SourceSpec& spec, const config::Pipeline& pipeline, const PollSurroundings&) {
  if (file.format == config::FileFormat::kParquet && IsDeltaTable(file.path)) {
    DeltaSourceOptions delta;
    delta.folder = file.path;
    delta.watch = file.watch;
    return MakeDeltaSource(delta, RowSchema(spec, pipeline));
  }
  FileSourceOptions options;
  options.path = file.path;
  options.format = IsXmlPath(file.path) && file.format == config::FileFormat::kJson ? SourceFormat::kXml : FormatOf(file.format);
  options.latin1 = file.encoding == config::TextEncoding::kLatin1;
  options.watch = file.watch;
  options.records = file.records;
  options.partitions = file.partitions;
  if (const auto* stream = RowStream(spec, pipeline)) options.key = stream->key;
  return MakeFileSource(options, RowSchema(spec, pipeline));
}

Opened Open(const config::GenerateSourceSpec& generate, const config::SourceSpec& spec, const config::Pipeline& pipeline,
            const PollSurroundings&) {
  GenerateSourceOptions options;
  options.sql = generate.sql;
  options.rows = generate.rows;
  options.rate = generate.rate;
  options.pause = {generate.pause.min, generate.pause.max};
  options.seed = static_cast<uint64_t>(generate.seed);
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
  options.asks = polls.asks;
  options.rest = polls.rest;
  return MakePollSource(poll, std::move(options), *polls.http, PosixFileSystem(), *polls.clock);
}

constexpr int kConnectTriesOnce = 4;

// The schema that the part of a record under `member` is read by.
Schema MemberSchema(const std::string& member, const config::SourceSpec& spec, const config::Pipeline& pipeline) {
  if (member.empty()) return RowSchema(spec, pipeline);
  for (const config::Target& target : spec.into) {
    const auto* stream = engine::FindStream(pipeline, target.stream);
    if (stream != nullptr && target.pointer == "/" + member) return stream->schema;
  }
  Schema any;
  any.unknown_fields = UnknownFields::kDrop;
  return any;
}

Opened Open(const config::DatabaseSourceSpec& from, const config::SourceSpec& spec, const config::Pipeline& pipeline,
            const PollSurroundings& polls) {
  DatabaseSourceOptions options;
  options.address = DatabaseAddressOf(from);
  for (const auto& [member, table] : from.tables)
    options.tables.push_back({member, table, "", MemberSchema(member, spec, pipeline)});
  if (from.tables.empty()) options.tables.push_back({"", "", from.sql, RowSchema(spec, pipeline)});
  options.cursor = from.cursor;
  options.every = polls.once ? std::chrono::milliseconds(0) : from.every;
  options.settle = from.settle;
  if (from.random) {
    const config::RandomRowsSpec& random = *from.random;
    options.random = RandomRows{random.rows, {random.pause.min, random.pause.max}, static_cast<uint64_t>(random.seed)};
  }
  options.connect_tries_max = polls.once ? kConnectTriesOnce : 0;
  return MakeDatabaseSource(options, SystemClock());
}

}  // namespace

DatabaseAddress DatabaseAddressOf(const config::DatabaseSourceSpec& source) {
  const config::DatabaseAddressSpec& spec = source.address;
  DatabaseAddress address;
  address.kind = source.engine == config::DatabaseEngine::kPostgres ? DatabaseKind::kPostgres : DatabaseKind::kMysql;
  address.host = spec.host;
  address.port = spec.port;
  address.database = spec.database;
  address.user = spec.user;
  address.password = spec.password;
  switch (spec.tls) {
    case config::DatabaseTlsMode::kOff: address.tls = DatabaseTls::kOff; break;
    case config::DatabaseTlsMode::kPrefer: address.tls = DatabaseTls::kPrefer; break;
    case config::DatabaseTlsMode::kRequire: address.tls = DatabaseTls::kRequire; break;
    case config::DatabaseTlsMode::kVerify: address.tls = DatabaseTls::kVerify; break;
  }
  address.ca = spec.ca;
  address.cert = spec.cert;
  address.key = spec.key;
  return address;
}

std::string PollFolder(const std::string& data, const std::string& source) { return data + "/polls/" + source; }

Result<std::unique_ptr<Source>> OpenEmbeddedSource(const config::SourceSpec& spec, const config::Pipeline& pipeline,
                                                   const PollSurroundings& polls) {
  auto source = std::visit([&](const auto& kind) { return Open(kind, spec, pipeline, polls); }, spec.kind);
  if (!source) return Fail(source.error().With("source " + spec.name));
  return source;
}

}  // namespace tailrace::app
