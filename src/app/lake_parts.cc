#include "app/lake_parts.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "engine/plan.h"
#include "lake/folder_object_store.h"

namespace tailrace::app {

Result<std::unique_ptr<LakeParts>> LakeParts::Open(const config::Pipeline& pipeline, const std::string& data,
                                                   const engine::StreamDirectory& streams, log::Log& log, Clock& clock) {
  if (pipeline.lake.streams.empty() && pipeline.lake.tables.empty()) return nullptr;
  std::unique_ptr<LakeParts> parts(new LakeParts(data + "/" + std::string(kLakeFolder), clock));
  parts->objects_ = lake::OpenFolderObjectStore(parts->folder_, PosixFileSystem());
  std::vector<lake::RawStreamOptions> kept;
  for (const config::LakeStreamSpec& spec : pipeline.lake.streams) {
    const config::StreamSpec* stream = engine::FindStream(pipeline, spec.stream);
    kept.push_back({streams.at(stream->name).records, stream->name, stream->partitions, spec.roll_bytes, spec.roll_after.count()});
  }
  TR_TRY(parts->raw_, lake::RawStore::Open(*parts->objects_, std::move(kept)));
  parts->writer_ = std::make_unique<lake::RawWriter>(*parts->raw_, log, clock);
  parts->tiered_ = std::make_unique<engine::TieredLog>(log, *parts->raw_);
  return parts;
}

Status LakeParts::OpenTables(const config::Pipeline& pipeline, const lake::DeltaTableOptions& limits, FileExporter& exporter, engine::Engine& engine) {
  std::vector<lake::DeltaTableOptions> kept;
  for (const config::LakeTableSpec& spec : pipeline.lake.tables) {
    const auto table = std::find_if(pipeline.tables.begin(), pipeline.tables.end(), [&](const auto& t) { return t.name == spec.table; });
    kept.push_back({spec.table, table->stream, spec.partition_by, spec.commit_after.count(), spec.commit_bytes, limits.vacuum_after_ms});
  }
  const auto mark_of = [&engine](const std::string& table) -> std::optional<lake::TableMark> {
    const auto changed = engine.changed();
    if (std::any_of(changed.begin(), changed.end(), [&](const auto& c) { return c.name == table; })) return std::nullopt;
    const auto progress = engine.progress().Of("table", table);
    if (!progress) return std::nullopt;
    return lake::TableMark{progress->positions, progress->letters};
  };
  TR_TRY(tables_, lake::DeltaWriter::Open({*objects_, exporter, clock_, folder_}, std::move(kept), mark_of));
  return {};
}

void LakeParts::Start() {
  writer_->Start();
  tables_->Start();
}

void LakeParts::Stop() {
  writer_->Stop();
  tables_->Stop();
}

Status LakeParts::Flush() {
  // Trouble of one floor is none of the other.
  const Status raw = writer_->Flush();
  const Status tables = tables_->Flush();
  return raw ? tables : raw;
}

Positions LakeParts::Held(StreamId stream) const {
  Positions held;
  for (const RawStatus& partition : raw_->Partitions(stream)) held.push_back(partition.end);
  return held;
}

}  // namespace tailrace::app
