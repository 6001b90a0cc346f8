// The vectors of a batch, for the files of sql/ that read them. Only they include this header.
#pragma once

#include <duckdb.h>

#include <memory>
#include <span>
#include <vector>

#include "sql/chunk_batch.h"
#include "sql/duckdb_internal.h"

namespace tailrace::sql {

struct DestroyChunk {
  void operator()(duckdb_data_chunk chunk) const { duckdb_destroy_data_chunk(&chunk); }
};
using ChunkHandle = std::unique_ptr<_duckdb_data_chunk, DestroyChunk>;

struct DestroySelection {
  void operator()(duckdb_selection_vector selection) const { duckdb_destroy_selection_vector(selection); }
};
using SelectionHandle = std::unique_ptr<_duckdb_selection_vector, DestroySelection>;

// The handles of the types, as an array for the C API.
struct BatchLayout::Types {
  std::vector<TypeHandle> owned;
  std::vector<duckdb_logical_type> handles;
};

// Every chunk but the last is full.
struct ChunkBatch::Chunks {
  std::vector<ChunkHandle> handles;
};

TypeHandle LogicalType(const Type& type);

// Rows of a batch that are to be read: [begin, end) without `excluded` (ascending).
struct RowSelection {
  size_t begin = 0;
  size_t end = 0;
  std::vector<size_t> excluded;
  size_t at_once = 0;  // of a chunk; 0: all
  size_t times = 1;    // each row, one behind the other
};

// Walks a selection chunk by chunk.
class SelectionCursor {
 public:
  SelectionCursor(const ChunkBatch& batch, const RowSelection& rows) : batch_(&batch), rows_(&rows), at_(rows.begin) {}

  // Goes to the next rows of a chunk that are selected, RowSelection::at_once of them at most, each RowSelection::times; false when there are none.
  bool Next();

  size_t count() const { return places_.size(); }            // rows of the chunk gone to
  size_t first_row() const { return chunk_ * ChunkRows(); }  // of the batch, at place 0 of the chunk
  std::span<const sel_t> places() const { return places_; }  // their places in the chunk

  // Makes `target` show those rows of the chunk's column, without copying a value. `batch` keeps owning them.
  void Refer(duckdb_vector target, size_t column) const;

  static size_t ChunkRows() { return duckdb_vector_size(); }

 private:
  const ChunkBatch* batch_;
  const RowSelection* rows_;
  size_t at_;               // next row of the batch
  size_t excluded_at_ = 0;  // next of rows_->excluded
  size_t chunk_ = 0;
  bool whole_ = false;  // they are all rows of the chunk
  std::vector<sel_t> places_;
};

}  // namespace tailrace::sql
