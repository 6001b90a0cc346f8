#include "sql/vector_writer.h"

#include <algorithm>
#include <utility>

namespace tailrace::sql {
namespace {

template <typename T>
class NumberWriter final : public VectorWriter {
 public:
  void Bool(bool value) override { Put(static_cast<T>(value)); }
  void Int(int64_t value) override { Put(static_cast<T>(value)); }
  void Double(double value) override { Put(static_cast<T>(value)); }
  void Date(int32_t value) override { Put(static_cast<T>(value)); }
  void Timestamp(int64_t value) override { Put(static_cast<T>(value)); }
  void Decimal(Int128 value) override { Put(static_cast<T>(value)); }  // the decoder has held it against the width

 private:
  void Put(T value) {
    MarkValid();
    static_cast<T*>(data_)[place_] = value;
  }
};

class WideDecimalWriter final : public VectorWriter {
 public:
  void Decimal(Int128 value) override {
    MarkValid();
    static_cast<duckdb_hugeint*>(data_)[place_] = {static_cast<uint64_t>(value), static_cast<int64_t>(value >> 64)};
  }
};

class TextWriter final : public VectorWriter {
 public:
  explicit TextWriter(size_t* bytes) : bytes_(bytes) {}

  void String(std::string_view utf8) override {
    MarkValid();
    *bytes_ += utf8.size();
    // Not checked for UTF-8 again: the decoder has.
    duckdb_unsafe_vector_assign_string_element_len(vector_, place_, utf8.data(), utf8.size());
  }

 private:
  size_t* bytes_;
};

class StructWriter final : public VectorWriter {
 public:
  StructWriter(const Type& type, size_t* bytes) {
    for (const tailrace::Field& field : type.fields) fields_.push_back(MakeVectorWriter(field.type, bytes));
    given_.resize(fields_.size());
  }

  void Attach(duckdb_vector vector) override {
    VectorWriter::Attach(vector);
    for (size_t i = 0; i < fields_.size(); ++i) fields_[i]->Attach(duckdb_struct_vector_get_child(vector, i));
  }

  void Abandon() override {
    std::fill(given_.begin(), given_.end(), false);
    for (auto& field : fields_) field->Abandon();
  }

  // DuckDB reads a field without asking whether its struct is null, so the fields are made null too.
  void Null() override {
    VectorWriter::Null();
    NullAllBut({});
  }

  ValueSink& Field(size_t index) override {
    given_[index] = true;
    fields_[index]->Place(place_);
    return *fields_[index];
  }

  void End() override {
    MarkValid();
    NullAllBut(given_);
    std::fill(given_.begin(), given_.end(), false);
  }

 private:
  void NullAllBut(const std::vector<bool>& given) {
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (i < given.size() && given[i]) continue;
      fields_[i]->Place(place_);
      fields_[i]->Null();
    }
  }

  std::vector<std::unique_ptr<VectorWriter>> fields_;
  std::vector<bool> given_;
};

// Lists, and maps, which are lists of (key, value). Elements of abandoned rows stay in the child vector; no list speaks
// of them.
class ListWriter final : public VectorWriter {
 public:
  ListWriter(const Type& type, size_t* bytes) : is_map_(type.kind == TypeKind::kMap), bytes_(bytes) {
    if (is_map_) keys_ = std::make_unique<TextWriter>(bytes);
    values_ = MakeVectorWriter(type.fields.front().type, bytes);
  }

  void Attach(duckdb_vector vector) override {
    if (vector != vector_) {
      end_ = begin_ = 0;
      capacity_ = duckdb_vector_size();
      TR_CHECK(duckdb_list_vector_reserve(vector, capacity_) == DuckDBSuccess);
    }
    VectorWriter::Attach(vector);
    AttachChild();
  }

  void Abandon() override {
    begin_ = end_;
    values_->Abandon();
  }

  void Null() override {
    VectorWriter::Null();
    static_cast<duckdb_list_entry*>(data_)[place_] = {0, 0};
  }

  ValueSink& Element() override { return NextValue(); }

  ValueSink& Entry(std::string_view key) override {
    ValueSink& value = NextValue();
    keys_->Place(end_ - 1);
    keys_->String(key);
    return value;
  }

  void End() override {
    MarkValid();
    static_cast<duckdb_list_entry*>(data_)[place_] = {begin_, end_ - begin_};
    TR_CHECK(duckdb_list_vector_set_size(vector_, end_) == DuckDBSuccess);
    *bytes_ += (end_ - begin_ + 1) * sizeof(duckdb_list_entry);
    begin_ = end_;
  }

 private:
  void AttachChild() {
    duckdb_vector child = duckdb_list_vector_get_child(vector_);
    if (is_map_) {
      keys_->Attach(duckdb_struct_vector_get_child(child, 0));
      values_->Attach(duckdb_struct_vector_get_child(child, 1));
    } else {
      values_->Attach(child);
    }
  }

  ValueSink& NextValue() {
    if (end_ == capacity_) {
      capacity_ *= 2;
      TR_CHECK(duckdb_list_vector_reserve(vector_, capacity_) == DuckDBSuccess);
      AttachChild();
    }
    values_->Place(end_++);
    return *values_;
  }

  const bool is_map_;
  size_t* bytes_;
  std::unique_ptr<VectorWriter> keys_;
  std::unique_ptr<VectorWriter> values_;
  idx_t begin_ = 0;  // of the list under construction, in the child vector
  idx_t end_ = 0;
  idx_t capacity_ = 0;  // of the child vector
};

std::unique_ptr<VectorWriter> MakeDecimalWriter(int width) {
  constexpr int kDigitsOfInt16 = 4;
  constexpr int kDigitsOfInt32 = 9;
  constexpr int kDigitsOfInt64 = 18;
  if (width <= kDigitsOfInt16) return std::make_unique<NumberWriter<int16_t>>();
  if (width <= kDigitsOfInt32) return std::make_unique<NumberWriter<int32_t>>();
  if (width <= kDigitsOfInt64) return std::make_unique<NumberWriter<int64_t>>();
  return std::make_unique<WideDecimalWriter>();
}

}  // namespace

void VectorWriter::Wrong() {
  constexpr bool kValueFitsItsColumn = false;
  TR_CHECK(kValueFitsItsColumn);
  std::abort();
}

void VectorWriter::Attach(duckdb_vector vector) {
  vector_ = vector;
  data_ = duckdb_vector_get_data(vector);
  validity_ = duckdb_vector_get_validity(vector);
}

void VectorWriter::Null() {
  if (validity_ == nullptr) {
    duckdb_vector_ensure_validity_writable(vector_);
    validity_ = duckdb_vector_get_validity(vector_);
  }
  duckdb_validity_set_row_invalid(validity_, place_);
}

std::unique_ptr<VectorWriter> MakeVectorWriter(const Type& type, size_t* bytes) {
  switch (type.kind) {
    case TypeKind::kInt:
    case TypeKind::kTimestamp:
      return std::make_unique<NumberWriter<int64_t>>();
    case TypeKind::kDouble:
      return std::make_unique<NumberWriter<double>>();
    case TypeKind::kBool:
      return std::make_unique<NumberWriter<bool>>();
    case TypeKind::kDate:
      return std::make_unique<NumberWriter<int32_t>>();
    case TypeKind::kDecimal:
      return MakeDecimalWriter(type.width);
    case TypeKind::kString:
    case TypeKind::kJson:
      return std::make_unique<TextWriter>(bytes);
    case TypeKind::kStruct:
      return std::make_unique<StructWriter>(type, bytes);
    case TypeKind::kList:
    case TypeKind::kMap:
      return std::make_unique<ListWriter>(type, bytes);
  }
  return nullptr;
}

}  // namespace tailrace::sql
