// Typed records of one stream, written by a decoder straight into DuckDB's vectors. Tables, stored rows and collections
// all read these vectors; none copies them first.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "model/ids.h"
#include "model/row_sink.h"
#include "model/schema.h"
#include "sql/duckdb.h"

namespace tailrace::sql {

// Columns and types of a stream's batches, as StreamColumns names them. Immutable, shared by all its batches.
class BatchLayout {
 public:
  BatchLayout(Schema schema, bool with_record);
  ~BatchLayout();

  const Schema& schema() const { return schema_; }
  const std::vector<ResultColumn>& columns() const { return columns_; }
  bool with_record() const { return with_record_; }
  bool with_extra() const { return schema_.unknown_fields == UnknownFields::kKeep; }

  struct Types;
  const Types& types() const { return *types_; }  // for the other files of sql/

 private:
  Schema schema_;
  bool with_record_;
  std::vector<ResultColumn> columns_;
  std::unique_ptr<Types> types_;
};

// Threads: written by one thread; once it is shared as const, read by many.
class ChunkBatch final : public RowSink {
 public:
  explicit ChunkBatch(std::shared_ptr<const BatchLayout> layout);
  ~ChunkBatch() override;

  void BeginRow() override;
  ValueSink& Column(size_t field_index) override;
  void CommitRow() override;
  void AbandonRow() override;

  // The record's own columns; after the row's fields and before CommitRow.
  void Stamp(PartitionId partition, Offset offset, Seq seq, int64_t ingested_at_ms, std::string_view record);

  const BatchLayout& layout() const { return *layout_; }
  size_t row_count() const { return row_count_; }
  size_t byte_count() const { return byte_count_; }  // about what the values take

  struct Chunks;
  const Chunks& chunks() const { return *chunks_; }  // for the other files of sql/

 private:
  class Writers;

  std::shared_ptr<const BatchLayout> layout_;
  std::unique_ptr<Chunks> chunks_;
  std::unique_ptr<Writers> writers_;
  size_t row_count_ = 0;
  size_t byte_count_ = 0;
};

}  // namespace tailrace::sql
