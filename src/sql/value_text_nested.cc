#include "sql/value_text_nested.h"

#include <string>
#include <utility>
#include <vector>

#include "model/json_text.h"
#include "sql/duckdb_internal.h"

namespace tailrace::sql {
namespace {

using Made = Result<std::unique_ptr<ValueText>>;

class ListText final : public ValueText {
 public:
  explicit ListText(std::unique_ptr<ValueText> element) : element_(std::move(element)) {}

  void Attach(duckdb_vector vector) override {
    ValueText::Attach(vector);
    element_->Attach(duckdb_list_vector_get_child(vector));
  }

 protected:
  void AppendValue(idx_t row, std::string* out) const override {
    const duckdb_list_entry& entry = static_cast<const duckdb_list_entry*>(data_)[row];
    out->push_back('[');
    for (idx_t i = 0; i < entry.length; ++i) {
      if (i > 0) out->push_back(',');
      element_->AppendJson(entry.offset + i, out);
    }
    out->push_back(']');
  }

 private:
  std::unique_ptr<ValueText> element_;
};

class ArrayText final : public ValueText {
 public:
  ArrayText(std::unique_ptr<ValueText> element, idx_t size) : element_(std::move(element)), size_(size) {}

  void Attach(duckdb_vector vector) override {
    ValueText::Attach(vector);
    element_->Attach(duckdb_array_vector_get_child(vector));
  }

 protected:
  void AppendValue(idx_t row, std::string* out) const override {
    out->push_back('[');
    for (idx_t i = 0; i < size_; ++i) {
      if (i > 0) out->push_back(',');
      element_->AppendJson(row * size_ + i, out);
    }
    out->push_back(']');
  }

 private:
  std::unique_ptr<ValueText> element_;
  idx_t size_;
};

// An object for keys that are texts; else a list of {"key", "value"}.
class MapText final : public ValueText {
 public:
  MapText(std::unique_ptr<ValueText> key, std::unique_ptr<ValueText> value, bool text_keys)
      : key_(std::move(key)), value_(std::move(value)), text_keys_(text_keys) {}

  void Attach(duckdb_vector vector) override {
    ValueText::Attach(vector);
    duckdb_vector entries = duckdb_list_vector_get_child(vector);
    key_->Attach(duckdb_struct_vector_get_child(entries, 0));
    value_->Attach(duckdb_struct_vector_get_child(entries, 1));
  }

 protected:
  void AppendValue(idx_t row, std::string* out) const override {
    const duckdb_list_entry& entry = static_cast<const duckdb_list_entry*>(data_)[row];
    out->push_back(text_keys_ ? '{' : '[');
    for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      if (i > entry.offset) out->push_back(',');
      if (!text_keys_) out->append("{\"key\":");
      key_->AppendJson(i, out);
      out->append(text_keys_ ? ":" : ",\"value\":");
      value_->AppendJson(i, out);
      if (!text_keys_) out->push_back('}');
    }
    out->push_back(text_keys_ ? '}' : ']');
  }

 private:
  std::unique_ptr<ValueText> key_;
  std::unique_ptr<ValueText> value_;
  bool text_keys_;
};

class StructText final : public ValueText {
 public:
  struct Part {
    std::string name;  // as JSON, with the colon
    std::unique_ptr<ValueText> value;
  };
  explicit StructText(std::vector<Part> parts) : parts_(std::move(parts)) {}

  void Attach(duckdb_vector vector) override {
    ValueText::Attach(vector);
    for (size_t i = 0; i < parts_.size(); ++i) parts_[i].value->Attach(duckdb_struct_vector_get_child(vector, i));
  }

 protected:
  void AppendValue(idx_t row, std::string* out) const override {
    out->push_back('{');
    for (size_t i = 0; i < parts_.size(); ++i) {
      if (i > 0) out->push_back(',');
      out->append(parts_[i].name);
      parts_[i].value->AppendJson(row, out);
    }
    out->push_back('}');
  }

 private:
  std::vector<Part> parts_;
};

// The value of the member that is there, alone. A union is a struct whose first field is the member's index.
class UnionText final : public ValueText {
 public:
  explicit UnionText(std::vector<std::unique_ptr<ValueText>> members) : members_(std::move(members)) {}

  void Attach(duckdb_vector vector) override {
    ValueText::Attach(vector);
    tags_ = static_cast<const uint8_t*>(duckdb_vector_get_data(duckdb_struct_vector_get_child(vector, 0)));
    for (size_t i = 0; i < members_.size(); ++i) members_[i]->Attach(duckdb_struct_vector_get_child(vector, i + 1));
  }

 protected:
  void AppendValue(idx_t row, std::string* out) const override { members_[tags_[row]]->AppendJson(row, out); }

 private:
  std::vector<std::unique_ptr<ValueText>> members_;
  const uint8_t* tags_ = nullptr;
};

Made MakeStruct(duckdb_logical_type type, NonFinite non_finite) {
  std::vector<StructText::Part> parts;
  for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i) {
    TextHandle name(duckdb_struct_type_child_name(type, i));
    TypeHandle child(duckdb_struct_type_child_type(type, i));
    TR_TRY(std::unique_ptr<ValueText> value, MakeValueText(child.get(), non_finite));
    std::string quoted;
    AppendJsonString(name.get(), &quoted);
    parts.push_back({quoted + ":", std::move(value)});
  }
  return std::make_unique<StructText>(std::move(parts));
}

Made MakeUnion(duckdb_logical_type type, NonFinite non_finite) {
  std::vector<std::unique_ptr<ValueText>> members;
  for (idx_t i = 0; i < duckdb_union_type_member_count(type); ++i) {
    TypeHandle member(duckdb_union_type_member_type(type, i));
    TR_TRY(std::unique_ptr<ValueText> value, MakeValueText(member.get(), non_finite));
    members.push_back(std::move(value));
  }
  return std::make_unique<UnionText>(std::move(members));
}

Made MakeMap(duckdb_logical_type type, NonFinite non_finite) {
  TypeHandle key_type(duckdb_map_type_key_type(type));
  TypeHandle value_type(duckdb_map_type_value_type(type));
  TR_TRY(std::unique_ptr<ValueText> key, MakeValueText(key_type.get(), non_finite));
  TR_TRY(std::unique_ptr<ValueText> value, MakeValueText(value_type.get(), non_finite));
  const bool text_keys = duckdb_get_type_id(key_type.get()) == DUCKDB_TYPE_VARCHAR;
  return std::make_unique<MapText>(std::move(key), std::move(value), text_keys);
}

Made MakeList(duckdb_logical_type type, NonFinite non_finite) {
  TR_TRY(std::unique_ptr<ValueText> element, MakeValueText(TypeHandle(duckdb_list_type_child_type(type)).get(), non_finite));
  return std::make_unique<ListText>(std::move(element));
}

Made MakeArray(duckdb_logical_type type, NonFinite non_finite) {
  TR_TRY(std::unique_ptr<ValueText> element, MakeValueText(TypeHandle(duckdb_array_type_child_type(type)).get(), non_finite));
  return std::make_unique<ArrayText>(std::move(element), duckdb_array_type_array_size(type));
}

}  // namespace

Result<std::unique_ptr<ValueText>> MakeNestedText(duckdb_logical_type type, NonFinite non_finite) {
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_STRUCT: return MakeStruct(type, non_finite);
    case DUCKDB_TYPE_UNION: return MakeUnion(type, non_finite);
    case DUCKDB_TYPE_MAP: return MakeMap(type, non_finite);
    case DUCKDB_TYPE_LIST: return MakeList(type, non_finite);
    case DUCKDB_TYPE_ARRAY: return MakeArray(type, non_finite);
    default: return nullptr;
  }
}

}  // namespace tailrace::sql
