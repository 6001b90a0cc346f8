// The port's batch over the vectors of sql/.
#pragma once

#include <memory>
#include <utility>

#include "base/check.h"
#include "ports/warehouse.h"
#include "sql/batch_function.h"
#include "sql/chunk_batch.h"

namespace tailrace::warehouse {

class WarehouseBatch final : public StreamBatch {
 public:
  explicit WarehouseBatch(std::shared_ptr<const sql::BatchLayout> layout) : chunks_(std::move(layout)) {}

  RowSink& rows() override { return chunks_; }
  void Stamp(PartitionId partition, Offset offset, Seq seq, int64_t ingested_at_ms, std::string_view record) override {
    chunks_.Stamp(partition, offset, seq, ingested_at_ms, record);
  }
  size_t row_count() const override { return chunks_.row_count(); }
  size_t byte_count() const override { return chunks_.byte_count(); }

  const sql::ChunkBatch& chunks() const { return chunks_; }

 private:
  sql::ChunkBatch chunks_;
};

// A batch comes back to the warehouse that made it, so it is one of ours.
inline const sql::ChunkBatch& ChunksOf(const StreamBatch& batch) {
  const auto* ours = dynamic_cast<const WarehouseBatch*>(&batch);
  TR_CHECK(ours != nullptr);
  return ours->chunks();
}

// A filter of DuckDB's keeps what it lets through until there are so many rows, so that a fault behind it would come late.
inline constexpr size_t kRowsKeptByAFilter = 128;

inline sql::BatchRows RowsOf(const StreamBatch& batch, const Trial& trial) {
  const size_t times = trial.rows_at_once > 0 && trial.rows_at_once < kRowsKeptByAFilter ? kRowsKeptByAFilter : 1;
  return {&ChunksOf(batch), trial.range.begin, trial.range.end, trial.excluded, trial.rows_at_once, times};
}

// A stream and the layout that all its batches share.
struct StreamInfo {
  StreamPlan plan;
  std::shared_ptr<const sql::BatchLayout> layout;
};

}  // namespace tailrace::warehouse
