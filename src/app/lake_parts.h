// The lake of a running pipeline, as its file says.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/endurance.h"
#include "config/spec.h"
#include "engine/engine.h"
#include "engine/tiered_log.h"
#include "lake/delta_writer.h"
#include "lake/raw_store.h"
#include "lake/raw_writer.h"
#include "log/log.h"
#include "ports/file_export.h"
#include "ports/object_store.h"
#include "ports/table_lake.h"

namespace tailrace::app {

// Below the data folder.
inline constexpr std::string_view kLakeFolder = "lake";

// Threads:   one thread calls Open, Start and Stop; the rest from any. Stop twice is fine.
// Ownership: borrows the log and the clock.
class LakeParts final : public TableLake {
 public:
  // Nullptr: the file keeps nothing in a lake.
  static Result<std::unique_ptr<LakeParts>> Open(const config::Pipeline& pipeline, const std::string& data,
                                                 const engine::StreamDirectory& streams, log::Log& log, Clock& clock);

  // The log with what is in the lake before it.
  EventLog& log() { return *tiered_; }
  lake::RawStore& raw() { return *raw_; }
  // Where it is on this machine.
  const std::string& folder() const { return folder_; }

  // Once there is a warehouse and an engine. `limits` is what holds for all tables. Ownership: borrows both.
  Status OpenTables(const config::Pipeline& pipeline, const lake::DeltaTableOptions& limits, FileExporter& exporter, engine::Engine& engine);

  void Start();
  void Stop();

  std::optional<Error> Trouble(std::string_view table) const override { return tables_ == nullptr ? std::nullopt : tables_->Trouble(table); }
  Status Check(std::string_view table, const std::stop_token& stop) override { return tables_ == nullptr ? Status() : tables_->Check(table, stop); }

  // Why the raw floor does not go on; nullopt: it does.
  std::optional<Error> RawTrouble() const {
    const auto troubles = writer_->Troubles();
    return troubles.empty() ? std::nullopt : std::optional(Error::Unavailable(troubles.front().reason));
  }

  // Writes what there is now, whether it is due or not.
  Status Flush();

  // What could not be written when it was last tried, by stream and by table.
  std::vector<Standstill> RawTroubles() const { return writer_->Troubles(); }
  std::vector<Standstill> TableTroubles() const { return tables_ == nullptr ? std::vector<Standstill>() : tables_->Troubles(); }

  // Of each partition of a stream that the raw lake keeps; empty: it does not.
  std::vector<RawStatus> RawOf(StreamId stream) const { return raw_->Partitions(stream); }
  std::vector<lake::DeltaStanding> Tables() const { return tables_ == nullptr ? std::vector<lake::DeltaStanding>() : tables_->Standings(); }

  // What the raw lake holds of a stream. Empty: it does not keep it.
  Positions Held(StreamId stream) const;

 private:
  LakeParts(std::string folder, Clock& clock) : folder_(std::move(folder)), clock_(clock) {}

  const std::string folder_;
  Clock& clock_;
  std::unique_ptr<ObjectStore> objects_;
  std::unique_ptr<lake::RawStore> raw_;
  std::unique_ptr<lake::RawWriter> writer_;
  std::unique_ptr<engine::TieredLog> tiered_;
  std::unique_ptr<lake::DeltaWriter> tables_;  // null until OpenTables
};

}  // namespace tailrace::app
