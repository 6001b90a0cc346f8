#include "engine/source_appender.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <utility>

#include "base/crash_point.h"
#include "model/json_text.h"
#include "model/partitioner.h"

namespace tailrace::engine {
namespace {

int64_t PlaceOf(const SourceRow& row) { return row.line > 0 ? row.line : row.place; }

// Takes a whole number up to a semicolon off the front.
std::optional<int64_t> TakeNumber(std::string_view* text) {
  int64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr == end || *parsed.ptr != ';') return std::nullopt;
  text->remove_prefix(static_cast<size_t>(parsed.ptr - text->data()) + 1);
  return number;
}

}  // namespace

std::string PositionDetail(const ResumePoint& start, std::string_view end_detail) {
  return fmt::format("+{};{};{}{}", start.next, start.detail.size(), start.detail, end_detail);
}

std::optional<ResumePoint> ParsePositionDetail(std::string_view text, int64_t next) {
  // Without the plus: as versions wrote it that did not note the end.
  const bool has_end = text.starts_with('+');
  if (has_end) text.remove_prefix(1);
  ResumePoint point;
  const auto start = TakeNumber(&text);
  if (!start) return std::nullopt;
  point.next = *start;
  if (!has_end) {
    point.detail = std::string(text);
    return point;
  }
  const auto size = TakeNumber(&text);
  if (!size || *size < 0 || static_cast<size_t>(*size) > text.size()) return std::nullopt;
  point.detail = std::string(text.substr(0, static_cast<size_t>(*size)));
  point.held_next = next;
  point.held_detail = std::string(text.substr(static_cast<size_t>(*size)));
  return point;
}

struct SourceAppender::Bucket {
  std::vector<NewRecord> records;
  std::vector<std::string> keys;  // backing of the records' keys; reserved before use, so that views stay valid
  int64_t done_below = std::numeric_limits<int64_t>::min();  // places of the item in hand that are in the log already
  bool appended = false;
};

struct SourceAppender::Lane {
  explicit Lane(PumpTarget t) : target(std::move(t)), buckets(static_cast<size_t>(target.partitions)) {}
  PumpTarget target;
  std::vector<Bucket> buckets;
  JsonDocument document;  // of the row in hand, where only a part of it is wanted
  std::vector<DeadLetter> refused;
  int64_t refused_below = std::numeric_limits<int64_t>::min();
  bool refused_written = false;
};

SourceAppender::SourceAppender(std::string name, std::vector<PumpTarget> targets, EventLog& log, DeadLetterWriter& dead_letters)
    : name_(std::move(name)), log_(log), dead_letters_(dead_letters) {
  for (PumpTarget& target : targets) lanes_.push_back(std::make_unique<Lane>(std::move(target)));
}

SourceAppender::~SourceAppender() = default;

std::optional<ResumePoint> SourceAppender::Open(std::string_view item) {
  batch_start_ = {};
  std::optional<SourcePosition> last;
  const auto take = [&](const std::optional<SourcePosition>& position, int64_t* done_below) {
    *done_below = position ? position->next : std::numeric_limits<int64_t>::min();
    if (position && (!last || position->next > last->next)) last = position;
  };
  for (const auto& lane : lanes_) {
    const auto positions = log_.SourcePositions(lane->target.id, name_, item);
    for (size_t p = 0; p < lane->buckets.size(); ++p) {
      take(p < positions.size() ? positions[p] : std::nullopt, &lane->buckets[p].done_below);
    }
    const auto refused = log_.SourcePositions(lane->target.dead_letters, name_, item);
    take(refused.empty() ? std::nullopt : refused.front(), &lane->refused_below);
  }
  if (!last) return std::nullopt;
  auto start = ParsePositionDetail(last->detail, last->next);
  if (start) batch_start_ = {start->next, start->detail};
  return start;
}

Status SourceAppender::Append(const SourceBatch& batch, const OnFull& on_full) {
  Sort(batch);
  TR_RETURN_IF_ERROR(Submit(batch, on_full));
  batch_start_ = {batch.next, batch.detail};
  counts_.bytes += batch.rows.back().place - batch.rows.front().place;
  return {};
}

void SourceAppender::Sort(const SourceBatch& batch) {
  for (const auto& lane : lanes_) {
    lane->refused.clear();
    lane->refused_written = false;
    for (Bucket& bucket : lane->buckets) {
      bucket.records.clear();
      bucket.keys.clear();
      bucket.keys.reserve(batch.rows.size());
      bucket.appended = false;
    }
    for (const SourceRow& row : batch.rows) SortRow(batch, row, *lane);
  }
}

void SourceAppender::SortRow(const SourceBatch& batch, const SourceRow& row, Lane& lane) {
  std::string_view json = row.fault.empty() ? row.json : std::string_view();
  const auto refuse = [&](Stage stage, std::string pointer, std::string reason) {
    if (row.place < lane.refused_below) return;
    DeadLetter letter;
    letter.stage = stage;
    letter.stream = lane.target.stream;
    letter.raw = std::string(row.raw);
    if (stage == Stage::kSchema) letter.record = std::string(json);
    letter.pointer = std::move(pointer);
    letter.reason = std::move(reason);
    letter.source = name_;
    letter.item = batch.item_name;
    letter.item_id = batch.item;
    letter.place = row.place;
    letter.line = row.line;
    if (on_refused_) on_refused_(&letter);
    lane.refused.push_back(std::move(letter));
  };
  if (!row.fault.empty()) return refuse(Stage::kDecode, "", row.fault);
  if (!lane.target.pointer.empty()) {
    if (const auto broken = lane.document.Parse(row.json)) return refuse(Stage::kDecode, "", broken->reason);
    const auto part = lane.document.Find(lane.target.pointer);
    if (!part) return;  // a record without this part has nothing for this stream
    json = *part;
  }
  std::optional<std::string_view> key = row.key;
  if (!row.checked) {
    if (auto checked = lane.target.decoder.Decode(json, nullptr); !checked) {
      const Fault& fault = checked.error();
      return refuse(fault.malformed ? Stage::kDecode : Stage::kSchema, fault.pointer, fault.Reason());
    }
    key = lane.target.decoder.key();
  }
  // Without a key the place decides, so that reading again after a crash comes to the same partition.
  const PartitionId partition = PartitionOfKey(key ? std::string(*key) : std::to_string(row.place), lane.target.partitions);
  Bucket& bucket = lane.buckets[static_cast<size_t>(partition.value)];
  if (row.place < bucket.done_below) return;
  NewRecord record{json, std::nullopt, PlaceOf(row)};
  if (key) record.key = bucket.keys.emplace_back(*key);
  bucket.records.push_back(record);
}

// Dead letters first: whatever carries a position is synced no earlier than the refused rows before that position.
Status SourceAppender::Submit(const SourceBatch& batch, const OnFull& on_full) {
  const SourcePosition position = PositionOf(batch);
  const Origin origin = OriginOf(batch);
  for (const auto& lane : lanes_) {
    const auto attempt = [&]() -> Status {
      if (!lane->refused_written) TR_RETURN_IF_ERROR(dead_letters_.Write(lane->refused, &position, &origin));
      if (!lane->refused.empty()) TR_CRASH_POINT("engine.source_letters_written");
      lane->refused_written = true;
      return AppendBuckets(*lane, position, origin);
    };
    // A full disk or queue passes; a fenced partition does not.
    while (true) {
      const Status appended = attempt();
      if (appended) break;
      if (appended.error().code() != ErrorCode::kExhausted || !on_full(appended.error())) return appended;
    }
    counts_.refused += static_cast<int64_t>(lane->refused.size());
    for (const Bucket& bucket : lane->buckets) counts_.accepted += static_cast<int64_t>(bucket.records.size());
    TR_CRASH_POINT("engine.source_batch_appended");
  }
  return {};
}

Status SourceAppender::AppendBuckets(Lane& lane, const SourcePosition& position, const Origin& origin) {
  std::vector<std::unique_ptr<AppendCall>> calls(lane.buckets.size());
  Status outcome;
  for (size_t p = 0; p < lane.buckets.size() && outcome; ++p) {
    Bucket& bucket = lane.buckets[p];
    if (bucket.appended || bucket.records.empty()) continue;
    AppendRequest request;
    request.stream = lane.target.id;
    request.partition = PartitionId{static_cast<int32_t>(p)};
    request.records = bucket.records;
    request.position = &position;
    request.origin = &origin;
    auto call = std::make_unique<AppendCall>();
    if (auto submitted = call->Submit(log_, request); !submitted) {
      outcome = submitted;
    } else {
      calls[p] = std::move(call);
    }
  }
  for (size_t p = 0; p < calls.size(); ++p) {
    if (calls[p] == nullptr) continue;
    const auto appended = calls[p]->Wait();
    lane.buckets[p].appended = appended.has_value();
    if (!appended && outcome) outcome = Fail(appended.error());
  }
  return outcome;
}

SourcePosition SourceAppender::PositionOf(const SourceBatch& batch) const {
  return {name_, batch.item, batch.next, PositionDetail(batch_start_, batch.detail)};
}

Origin SourceAppender::OriginOf(const SourceBatch& batch) const {
  Origin origin;
  origin.kind = OriginKind::kSource;
  origin.name = name_;
  origin.client = client_;
  origin.item = batch.item_name;
  origin.unit = batch.rows.front().line > 0 ? PlaceUnit::kLine : unit_;
  return origin;
}

}  // namespace tailrace::engine
