#include "log/origin_header.h"

#include <algorithm>

#include "base/bytes.h"

namespace tailrace::log {
namespace {

// Bits of the first byte: which parts follow, in this order. What does not follow is as in the run before.
constexpr uint8_t kHasWho = 1;      // 1 byte kind, 1 byte unit, text name, text client; item and request are empty unless they follow
constexpr uint8_t kHasItem = 2;     // text
constexpr uint8_t kHasRequest = 4;  // text
constexpr uint8_t kHasNumber = 8;   // varint; none is none, whatever the run before had
constexpr uint8_t kHasPlace = 16;   // varint; none is 0
constexpr uint8_t kHasSteps = 32;   // a varint for each further record of the append, to the end
constexpr uint8_t kKnownBits = 63;

constexpr auto kKindMax = static_cast<uint8_t>(OriginKind::kDoor);
constexpr auto kUnitMax = static_cast<uint8_t>(PlaceUnit::kEntry);

bool OneByOne(const AppendRequest& request) {
  for (size_t i = 1; i < request.records.size(); ++i) {
    if (request.records[i].place != request.records[i - 1].place + 1) return false;
  }
  return true;
}

bool ReplaceIfOther(std::string* old, std::string_view now) {
  if (*old == now) return false;
  old->assign(now);
  return true;
}

}  // namespace

void AddTo(std::vector<OriginCount>* counts, std::string_view name, int64_t records) {
  const auto found = std::find_if(counts->begin(), counts->end(), [&](const OriginCount& count) { return count.name == name; });
  if (found != counts->end()) {
    found->records += records;
  } else {
    counts->push_back({std::string(name), records});
  }
}

size_t OriginWriter::BytesMax(const AppendRequest& request) {
  if (request.origin == nullptr) return kOriginHeader.size() + 2 * kVarintBytesMax + 1 + 2 + 2;
  const Origin& origin = *request.origin;
  constexpr size_t kVarints = 8;
  const size_t texts = origin.name.size() + origin.client.size() + origin.item.size() + origin.request.size();
  const size_t steps = origin.unit == PlaceUnit::kNone || OneByOne(request) ? 0 : request.records.size();
  return kOriginHeader.size() + 3 + texts + (kVarints + steps) * kVarintBytesMax;
}

void OriginWriter::PutWho(const Origin& origin) {
  value_.push_back(static_cast<char>(origin.kind));
  value_.push_back(static_cast<char>(origin.unit));
  AppendText(&value_, origin.name);
  AppendText(&value_, origin.client);
}

std::string_view OriginWriter::Next(const AppendRequest& request) {
  const Origin unknown;
  const Origin& origin = request.origin != nullptr ? *request.origin : unknown;
  AddTo(&counts_, origin.name, static_cast<int64_t>(request.records.size()));
  value_.clear();
  if (!told_ && origin.kind == OriginKind::kUnknown) return {};
  uint8_t parts = 0;
  bool other = !told_ || kind_ != origin.kind || unit_ != origin.unit;
  other |= ReplaceIfOther(&name_, origin.name);
  other |= ReplaceIfOther(&client_, origin.client);
  if (other) {
    parts |= kHasWho;
    item_.clear();
    request_.clear();
  }
  told_ = true;
  kind_ = origin.kind;
  unit_ = origin.unit;
  if (ReplaceIfOther(&item_, origin.item)) parts |= kHasItem;
  if (ReplaceIfOther(&request_, origin.request)) parts |= kHasRequest;
  if (origin.number) parts |= kHasNumber;
  value_.push_back(0);
  if ((parts & kHasWho) != 0) PutWho(origin);
  if ((parts & kHasItem) != 0) AppendText(&value_, item_);
  if ((parts & kHasRequest) != 0) AppendText(&value_, request_);
  if (origin.number) AppendVarint(&value_, static_cast<int64_t>(*origin.number));
  value_.front() = static_cast<char>(parts);
  if (unit_ != PlaceUnit::kNone) PutPlaces(request);
  return value_;
}

void OriginWriter::PutPlaces(const AppendRequest& request) {
  const auto& records = request.records;
  const bool steps = !OneByOne(request);
  if (records.front().place != 0 || steps) {
    value_.front() = static_cast<char>(value_.front() | kHasPlace);
    AppendVarint(&value_, records.front().place);
  }
  if (!steps) return;
  value_.front() = static_cast<char>(value_.front() | kHasSteps);
  for (size_t i = 1; i < records.size(); ++i) AppendVarint(&value_, records[i].place - records[i - 1].place);
}

void OriginWriter::Reset() {
  told_ = false;
  name_.clear();
  client_.clear();
  item_.clear();
  request_.clear();
  counts_.clear();
}

Status ReadOrigin(std::string_view value, Offset first, std::vector<OriginRun>* runs) {
  ByteReader reader(value);
  const uint8_t parts = reader.U8();
  OriginRun run;
  run.first = first;
  if (!runs->empty()) run.origin = runs->back().origin;
  Origin& origin = run.origin;
  origin.number.reset();
  bool known = (parts & ~kKnownBits) == 0;
  if ((parts & kHasWho) != 0) {
    const uint8_t kind = reader.U8();
    const uint8_t unit = reader.U8();
    known &= kind <= kKindMax && unit <= kUnitMax;
    origin = {};
    origin.kind = static_cast<OriginKind>(kind);
    origin.unit = static_cast<PlaceUnit>(unit);
    origin.name = reader.Text();
    origin.client = reader.Text();
  }
  if ((parts & kHasItem) != 0) origin.item = reader.Text();
  if ((parts & kHasRequest) != 0) origin.request = reader.Text();
  if ((parts & kHasNumber) != 0) origin.number = static_cast<uint64_t>(reader.Varint());
  if ((parts & kHasPlace) != 0) run.place = reader.Varint();
  while ((parts & kHasSteps) != 0 && reader.ok() && reader.left() > 0) run.steps.push_back(reader.Varint());
  if (!known || !reader.ok() || reader.left() != 0) return Fail(Error::Corruption("not an origin"));
  runs->push_back(std::move(run));
  return {};
}

std::vector<OriginRun> ReadOrigins(std::string_view records, int64_t base_offset, int32_t count) {
  std::vector<OriginRun> runs;
  RecordCursor cursor(records, count);
  RecordView record;
  while (cursor.Next(&record)) {
    if (record.header_count == 0) continue;
    const Offset offset{base_offset + record.offset_delta};
    if (const auto value = FindHeader(record, kOriginHeader); value && !ReadOrigin(*value, offset, &runs)) return {};
    if (!FindHeader(record, kLostHeader)) continue;
    OriginRun lost;
    lost.first = Offset{base_offset};
    lost.origin.name = kLostOrigin;
    return {lost};
  }
  return runs;
}

}  // namespace tailrace::log
