#include "sql/chunk_batch.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "sql/chunk_batch_internal.h"
#include "sql/vector_writer.h"

namespace tailrace::sql {
namespace {

constexpr int64_t kMicrosPerMilli = 1000;

Type Scalar(TypeKind kind) {
  Type type;
  type.kind = kind;
  return type;
}

TypeHandle JsonType() {
  TypeHandle type(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
  duckdb_logical_type_set_alias(type.get(), "JSON");
  return type;
}

TypeHandle StructType(const Type& type) {
  std::vector<TypeHandle> owned;
  std::vector<duckdb_logical_type> types;
  std::vector<const char*> names;
  for (const Field& field : type.fields) {
    owned.push_back(LogicalType(field.type));
    types.push_back(owned.back().get());
    names.push_back(field.name.c_str());
  }
  return TypeHandle(duckdb_create_struct_type(types.data(), names.data(), types.size()));
}

// The columns after the fields, in the order of StreamColumns.
enum OwnColumn : size_t { kPartition, kOffset, kSeq, kIngestedAt, kOwnColumns };

}  // namespace

TypeHandle LogicalType(const Type& type) {
  switch (type.kind) {
    case TypeKind::kInt:
      return TypeHandle(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
    case TypeKind::kDouble:
      return TypeHandle(duckdb_create_logical_type(DUCKDB_TYPE_DOUBLE));
    case TypeKind::kDecimal:
      return TypeHandle(duckdb_create_decimal_type(type.width, type.scale));
    case TypeKind::kBool:
      return TypeHandle(duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN));
    case TypeKind::kString:
      return TypeHandle(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
    case TypeKind::kDate:
      return TypeHandle(duckdb_create_logical_type(DUCKDB_TYPE_DATE));
    case TypeKind::kTimestamp:
      return TypeHandle(duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP));
    case TypeKind::kJson:
      return JsonType();
    case TypeKind::kStruct:
      return StructType(type);
    case TypeKind::kList:
      return TypeHandle(duckdb_create_list_type(LogicalType(type.fields.front().type).get()));
    case TypeKind::kMap: {
      TypeHandle key(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
      return TypeHandle(duckdb_create_map_type(key.get(), LogicalType(type.fields.front().type).get()));
    }
  }
  return nullptr;
}

BatchLayout::BatchLayout(Schema schema, bool with_record)
    : schema_(std::move(schema)),
      with_record_(with_record),
      columns_(StreamColumns(schema_, with_record)),
      types_(std::make_unique<Types>()) {
  auto& owned = types_->owned;
  for (const Field& field : schema_.fields) owned.push_back(LogicalType(field.type));
  owned.emplace_back(duckdb_create_logical_type(DUCKDB_TYPE_INTEGER));
  owned.emplace_back(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  owned.emplace_back(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  owned.emplace_back(duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP));
  if (with_extra()) owned.push_back(JsonType());
  if (with_record) owned.push_back(JsonType());
  TR_CHECK(owned.size() == columns_.size());
  for (const TypeHandle& type : owned) types_->handles.push_back(type.get());
}

BatchLayout::~BatchLayout() = default;

// The writers of all columns, and which of them the open row has used.
class ChunkBatch::Writers {
 public:
  explicit Writers(const BatchLayout& layout) : fields_(layout.schema().fields.size()) {
    for (const Field& field : layout.schema().fields) Add(field.type);
    // A partition is the one 32-bit integer; a date is as wide.
    Add(Scalar(TypeKind::kDate));
    Add(Scalar(TypeKind::kInt));
    Add(Scalar(TypeKind::kInt));
    Add(Scalar(TypeKind::kTimestamp));
    if (layout.with_extra()) Add(Scalar(TypeKind::kJson));
    if (layout.with_record()) Add(Scalar(TypeKind::kJson));
    given_.resize(writers_.size());
  }

  void Attach(duckdb_data_chunk chunk) {
    for (size_t i = 0; i < writers_.size(); ++i) writers_[i]->Attach(duckdb_data_chunk_get_vector(chunk, i));
  }

  void Begin(idx_t place) {
    place_ = place;
    std::fill(given_.begin(), given_.end(), char{0});
  }

  void Abandon() {
    for (auto& writer : writers_) writer->Abandon();
  }

  ValueSink& At(size_t column) {
    given_[column] = 1;
    writers_[column]->Place(place_);
    return *writers_[column];
  }

  ValueSink& Own(size_t column) { return At(fields_ + column); }
  ValueSink& Last() { return At(writers_.size() - 1); }

  void NullWhatIsMissing() {
    for (size_t i = 0; i < given_.size(); ++i) {
      if (given_[i] == 0) At(i).Null();
    }
  }

  size_t text_bytes() const { return text_bytes_; }
  size_t row_bytes() const { return writers_.size() * sizeof(int64_t); }

 private:
  void Add(const Type& type) { writers_.push_back(MakeVectorWriter(type, &text_bytes_)); }

  size_t fields_;
  std::vector<std::unique_ptr<VectorWriter>> writers_;
  std::vector<char> given_;  // bytes, not bits: one is set for every value
  idx_t place_ = 0;
  size_t text_bytes_ = 0;
};

ChunkBatch::ChunkBatch(std::shared_ptr<const BatchLayout> layout)
    : layout_(std::move(layout)), chunks_(std::make_unique<Chunks>()), writers_(std::make_unique<Writers>(*layout_)) {}

ChunkBatch::~ChunkBatch() = default;

void ChunkBatch::BeginRow() {
  const size_t place = row_count_ % duckdb_vector_size();
  if (place == 0 && row_count_ == chunks_->handles.size() * duckdb_vector_size()) {
    auto types = layout_->types().handles;
    chunks_->handles.emplace_back(duckdb_create_data_chunk(types.data(), types.size()));
    writers_->Attach(chunks_->handles.back().get());
  }
  writers_->Begin(place);
}

ValueSink& ChunkBatch::Column(size_t field_index) {
  const size_t fields = layout_->schema().fields.size();
  // `_extra` comes after the record's own columns.
  return field_index < fields ? writers_->At(field_index) : writers_->Own(kOwnColumns);
}

void ChunkBatch::Stamp(PartitionId partition, Offset offset, Seq seq, int64_t ingested_at_ms, std::string_view record) {
  writers_->Own(kPartition).Date(partition.value);
  writers_->Own(kOffset).Int(offset.value);
  writers_->Own(kSeq).Int(seq.value);
  writers_->Own(kIngestedAt).Timestamp(ingested_at_ms * kMicrosPerMilli);
  if (layout_->with_record()) writers_->Last().String(record);
}

void ChunkBatch::CommitRow() {
  writers_->NullWhatIsMissing();
  ++row_count_;
  const size_t in_last = row_count_ - (chunks_->handles.size() - 1) * duckdb_vector_size();
  duckdb_data_chunk_set_size(chunks_->handles.back().get(), in_last);
  byte_count_ = row_count_ * writers_->row_bytes() + writers_->text_bytes();
}

// The next row is written over what this one has left in the vectors.
void ChunkBatch::AbandonRow() { writers_->Abandon(); }

bool SelectionCursor::Next() {
  const size_t end = std::min(rows_->end, batch_->row_count());
  const size_t places_max = (rows_->at_once == 0 ? ChunkRows() : rows_->at_once) * rows_->times;
  while (at_ < end) {
    chunk_ = at_ / ChunkRows();
    const size_t first = chunk_ * ChunkRows();
    const size_t chunk_rows = std::min(ChunkRows(), batch_->row_count() - first);
    const size_t chunk_end = std::min(first + chunk_rows, end);
    places_.clear();
    for (; at_ < chunk_end && places_.size() < places_max; ++at_) {
      while (excluded_at_ < rows_->excluded.size() && rows_->excluded[excluded_at_] < at_) ++excluded_at_;
      if (excluded_at_ < rows_->excluded.size() && rows_->excluded[excluded_at_] == at_) continue;
      places_.insert(places_.end(), rows_->times, static_cast<sel_t>(at_ - first));
    }
    whole_ = rows_->times == 1 && places_.size() == chunk_rows;
    if (!places_.empty()) return true;
  }
  return false;
}

void SelectionCursor::Refer(duckdb_vector target, size_t column) const {
  duckdb_data_chunk chunk = batch_->chunks().handles[chunk_].get();
  duckdb_vector_reference_vector(target, duckdb_data_chunk_get_vector(chunk, column));
  if (whole_) return;
  SelectionHandle selection(duckdb_create_selection_vector(places_.size()));
  std::copy(places_.begin(), places_.end(), duckdb_selection_vector_get_data_ptr(selection.get()));
  duckdb_slice_vector(target, selection.get(), places_.size());
}

}  // namespace tailrace::sql
