#include "sql/arrow_ipc.h"

#include <flatbuffers/flatbuffers.h>
#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

namespace tailrace::sql {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using Table = Offset<flatbuffers::Table>;

// Before each message, and at the end of the stream with a length of 0.
constexpr uint32_t kContinuation = 0xFFFFFFFF;
constexpr size_t kMessageAlignment = 8;
// What the format recommends for buffers; 8 would do.
constexpr size_t kBufferAlignment = 64;
constexpr int16_t kVersion5 = 4;
constexpr int64_t kNullable = 2;  // ArrowSchema::flags
constexpr int kDepthMax = 64;

enum class Header : uint8_t { kSchema = 1, kRecordBatch = 3 };
enum class TypeTag : uint8_t { kInt = 2, kFloat = 3, kBinary = 4, kUtf8 = 5, kBool = 6, kDecimal = 7, kDate = 8, kTimestamp = 10, kList = 12, kStruct = 13, kMap = 17 };

// The place of a table's member in its flat buffer.
constexpr flatbuffers::voffset_t Slot(int member) { return static_cast<flatbuffers::voffset_t>(4 + 2 * member); }

struct FieldNode {
  int64_t length;
  int64_t null_count;
};
struct BodyBuffer {
  int64_t offset;
  int64_t length;
};

// What lies in an array of the type behind its validity.
enum class Layout { kBits, kFixed, kText, kList, kStruct };

struct TypeRead {
  TypeTag tag = TypeTag::kInt;
  Layout layout = Layout::kFixed;
  int width = 0;      // kFixed: bytes of a value
  int precision = 0;  // kDecimal
  int scale = 0;
  std::string_view zone = {};  // kTimestamp
};

Error Unknown(std::string_view format) { return Error::Internal(fmt::format("no Arrow type that is written: {}", format)); }

// "precision,scale", with ",128" where the width is told.
std::optional<TypeRead> ReadDecimal(std::string_view digits) {
  TypeRead read{.tag = TypeTag::kDecimal, .width = 16};
  const char* end = digits.data() + digits.size();
  const auto precision = std::from_chars(digits.data(), end, read.precision);
  if (precision.ec != std::errc() || precision.ptr == end || *precision.ptr != ',') return std::nullopt;
  const auto scale = std::from_chars(precision.ptr + 1, end, read.scale);
  const std::string_view rest(scale.ptr, static_cast<size_t>(end - scale.ptr));
  if (scale.ec != std::errc() || (!rest.empty() && rest != ",128")) return std::nullopt;
  return read;
}

Result<TypeRead> ReadType(const ArrowSchema& schema) {
  const std::string_view format = schema.format;
  const auto integer = [](int width) { return TypeRead{.tag = TypeTag::kInt, .width = width}; };
  if (schema.dictionary != nullptr) return Fail(Unknown("dictionary"));
  if (format == "b") return TypeRead{.tag = TypeTag::kBool, .layout = Layout::kBits};
  if (format == "c") return integer(1);
  if (format == "s") return integer(2);
  if (format == "i") return integer(4);
  if (format == "l") return integer(8);
  if (format == "f") return TypeRead{.tag = TypeTag::kFloat, .width = 4};
  if (format == "g") return TypeRead{.tag = TypeTag::kFloat, .width = 8};
  if (format == "u") return TypeRead{.tag = TypeTag::kUtf8, .layout = Layout::kText};
  if (format == "z") return TypeRead{.tag = TypeTag::kBinary, .layout = Layout::kText};
  if (format == "tdD") return TypeRead{.tag = TypeTag::kDate, .width = 4};
  if (format == "+l") return TypeRead{.tag = TypeTag::kList, .layout = Layout::kList};
  if (format == "+m") return TypeRead{.tag = TypeTag::kMap, .layout = Layout::kList};
  if (format == "+s") return TypeRead{.tag = TypeTag::kStruct, .layout = Layout::kStruct};
  if (format.starts_with("tsu:")) return TypeRead{.tag = TypeTag::kTimestamp, .width = 8, .zone = format.substr(4)};
  if (format.starts_with("d:")) {
    if (const auto decimal = ReadDecimal(format.substr(2))) return *decimal;
  }
  return Fail(Unknown(format));
}

Table WriteType(FlatBufferBuilder& builder, const TypeRead& type) {
  const auto zone = type.tag == TypeTag::kTimestamp ? builder.CreateString(type.zone.data(), type.zone.size()) : Offset<flatbuffers::String>();
  const auto start = builder.StartTable();
  switch (type.tag) {
    case TypeTag::kInt:
      builder.AddElement<int32_t>(Slot(0), type.width * 8, 0);
      builder.AddElement<uint8_t>(Slot(1), 1, 0);  // signed
      break;
    case TypeTag::kFloat: builder.AddElement<int16_t>(Slot(0), type.width == 4 ? 1 : 2, 0); break;  // single, double
    case TypeTag::kDecimal:
      builder.AddElement<int32_t>(Slot(0), type.precision, 0);
      builder.AddElement<int32_t>(Slot(1), type.scale, 0);
      break;  // of 128 bits where nothing is said
    case TypeTag::kDate: builder.AddElement<int16_t>(Slot(0), 0, 1); break;  // days; milliseconds where nothing is said
    case TypeTag::kTimestamp:
      builder.AddElement<int16_t>(Slot(0), 2, 0);  // microseconds
      builder.AddOffset(Slot(1), zone);
      break;
    default: break;
  }
  return Table(builder.EndTable(start));
}

Result<Table> WriteField(FlatBufferBuilder& builder, const ArrowSchema& schema, int depth) {
  if (depth > kDepthMax) return Fail(Unknown("nested too deeply"));
  TR_TRY(const TypeRead read, ReadType(schema));
  std::vector<Table> children;
  for (int64_t i = 0; i < schema.n_children; ++i) {
    TR_TRY(const Table child, WriteField(builder, *schema.children[i], depth + 1));
    children.push_back(child);
  }
  const auto name = builder.CreateString(schema.name == nullptr ? "" : schema.name);
  const Table type = WriteType(builder, read);
  const auto below = builder.CreateVector(children);
  const auto start = builder.StartTable();
  builder.AddOffset(Slot(0), name);
  builder.AddElement<uint8_t>(Slot(1), (schema.flags & kNullable) != 0 ? 1 : 0, 0);
  builder.AddElement<uint8_t>(Slot(2), static_cast<uint8_t>(read.tag), 0);
  builder.AddOffset(Slot(3), type);
  builder.AddOffset(Slot(5), below);
  return Table(builder.EndTable(start));
}

void AppendNumber(uint32_t number, std::string* out) { out->append(reinterpret_cast<const char*>(&number), sizeof(number)); }

// The body follows; its length is a multiple of kMessageAlignment.
void AppendMessage(FlatBufferBuilder& builder, Header header, Table content, int64_t body_bytes, std::string* out) {
  const auto start = builder.StartTable();
  builder.AddElement<int64_t>(Slot(3), body_bytes, 0);
  builder.AddOffset(Slot(2), content);
  builder.AddElement<int16_t>(Slot(0), kVersion5, 0);
  builder.AddElement<uint8_t>(Slot(1), static_cast<uint8_t>(header), 0);
  builder.Finish(Table(builder.EndTable(start)));
  const size_t padded = (builder.GetSize() + kMessageAlignment - 1) / kMessageAlignment * kMessageAlignment;
  AppendNumber(kContinuation, out);
  AppendNumber(static_cast<uint32_t>(padded), out);
  out->append(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
  out->append(padded - builder.GetSize(), '\0');
}

// The arrays of a batch, depth first, as the format wants them.
class BatchBody {
 public:
  Status Add(const ArrowSchema& schema, const ArrowArray& array, int depth) {
    if (depth > kDepthMax || array.n_children != schema.n_children || array.offset != 0) return Fail(Error::Internal("an Arrow array that is not as its schema says"));
    TR_TRY(const TypeRead type, ReadType(schema));
    nodes_.push_back({array.length, Nulls(array)});
    // Without a null among the values their validity need not be there.
    AddBuffer(array.buffers[0], nodes_.back().null_count == 0 ? 0 : BytesOfBits(array.length));
    switch (type.layout) {
      case Layout::kBits: AddBuffer(array.buffers[1], BytesOfBits(array.length)); break;
      case Layout::kFixed: AddBuffer(array.buffers[1], array.length * type.width); break;
      case Layout::kText: {
        const int64_t bytes = AddOffsets(array);
        AddBuffer(array.buffers[2], bytes);
        break;
      }
      case Layout::kList: AddOffsets(array); break;
      case Layout::kStruct: break;
    }
    for (int64_t i = 0; i < array.n_children; ++i) TR_RETURN_IF_ERROR(Add(*schema.children[i], *array.children[i], depth + 1));
    return {};
  }

  const std::vector<FieldNode>& nodes() const { return nodes_; }
  const std::vector<BodyBuffer>& buffers() const { return buffers_; }
  const std::string& bytes() const { return bytes_; }

 private:
  static int64_t BytesOfBits(int64_t bits) { return (bits + 7) / 8; }

  static int64_t Nulls(const ArrowArray& array) {
    const auto* validity = static_cast<const uint8_t*>(array.buffers[0]);
    if (validity == nullptr) return 0;
    if (array.null_count >= 0) return array.null_count;
    int64_t nulls = 0;
    for (int64_t i = 0; i < array.length; ++i) nulls += (validity[i / 8] >> (i % 8) & 1) == 0 ? 1 : 0;
    return nulls;
  }

  void AddBuffer(const void* from, int64_t size) {
    buffers_.push_back({std::ssize(bytes_), size});
    if (size > 0) bytes_.append(static_cast<const char*>(from), static_cast<size_t>(size));
    bytes_.resize((bytes_.size() + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment, '\0');
  }

  // Returns where the last value ends.
  int64_t AddOffsets(const ArrowArray& array) {
    const auto* offsets = static_cast<const int32_t*>(array.buffers[1]);
    constexpr int32_t kNone = 0;
    if (offsets == nullptr) offsets = &kNone;  // of an array without values
    AddBuffer(offsets, (array.length + 1) * static_cast<int64_t>(sizeof(int32_t)));
    return offsets[array.length];
  }

  std::vector<FieldNode> nodes_;
  std::vector<BodyBuffer> buffers_;
  std::string bytes_;
};

}  // namespace

Status AppendArrowSchema(const ArrowSchema& schema, std::string* out) {
  FlatBufferBuilder builder;
  std::vector<Table> fields;
  for (int64_t i = 0; i < schema.n_children; ++i) {
    TR_TRY(const Table field, WriteField(builder, *schema.children[i], 0));
    fields.push_back(field);
  }
  const auto all = builder.CreateVector(fields);
  const auto start = builder.StartTable();
  builder.AddElement<int16_t>(Slot(0), std::endian::native == std::endian::little ? 0 : 1, 0);
  builder.AddOffset(Slot(1), all);
  AppendMessage(builder, Header::kSchema, Table(builder.EndTable(start)), 0, out);
  return {};
}

Status AppendArrowBatch(const ArrowSchema& schema, const ArrowArray& batch, std::string* out) {
  if (batch.n_children != schema.n_children) return Fail(Error::Internal("an Arrow batch that is not as its schema says"));
  BatchBody body;
  for (int64_t i = 0; i < batch.n_children; ++i) TR_RETURN_IF_ERROR(body.Add(*schema.children[i], *batch.children[i], 0));
  FlatBufferBuilder builder;
  const auto buffers = builder.CreateVectorOfStructs(body.buffers());
  const auto nodes = builder.CreateVectorOfStructs(body.nodes());
  const auto start = builder.StartTable();
  builder.AddElement<int64_t>(Slot(0), batch.length, 0);
  builder.AddOffset(Slot(1), nodes);
  builder.AddOffset(Slot(2), buffers);
  AppendMessage(builder, Header::kRecordBatch, Table(builder.EndTable(start)), std::ssize(body.bytes()), out);
  *out += body.bytes();
  return {};
}

void AppendArrowEnd(std::string* out) {
  AppendNumber(kContinuation, out);
  AppendNumber(0, out);
}

}  // namespace tailrace::sql
