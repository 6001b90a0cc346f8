#include "server/streams/tail.h"

#include <algorithm>
#include <utility>

#include "server/http/json_out.h"
#include "server/http/named_things.h"
#include "server/queries/as_of.h"
#include "server/streams/stream_reads.h"

namespace tailrace::server {
namespace {

constexpr std::string_view kEventStream = "text/event-stream";
constexpr std::string_view kFirstLine = "retry: 1000\n\n";
constexpr std::string_view kSignOfLife = ":\n\n";

void AppendEventHead(std::string& out, const Positions& next, std::string_view event) {
  out += "id: ";
  for (size_t i = 0; i < next.size(); ++i) {
    if (i > 0) out += ',';
    out += std::to_string(i) + ":" + std::to_string(next[i].value);
  }
  out += "\nevent: ";
  out += event;
  out += "\ndata: ";
}

}  // namespace

// Threads: its loop's own, but for what a reading job is given.
struct TailHub::Tail {
  ExchangePtr exchange;
  auth::CallerPtr caller;       // the request is gone once the answer has ended
  size_t stream = 0;
  StreamId id;
  Positions positions;          // next to send
  std::vector<bool> wanted;
  size_t turn = 0;              // of the partition to read next
  bool reading = false;         // a job reads for it
  std::chrono::steady_clock::time_point last_sent{};
};

TailHub::TailHub(const Services& services, const Limits& limits, const Ingest& ingest, ReadPool& pool, Executor& loop)
    : services_(services), limits_(limits), ingest_(ingest), pool_(pool), loop_(loop) {
  for (const StreamId id : services.stream_ids) {
    services.log.Subscribe(id, [this] { OnLogChanged(); });
  }
}

TailHub::~TailHub() = default;

void TailHub::Open(const ExchangePtr& exchange) {
  const std::string name = exchange->request().PathParam(0);
  const int stream = ingest_.FindStream(name);
  if (stream < 0) return exchange->Send(NoStreamReply(services_.pipeline, name));
  auto start = ReadStart(static_cast<size_t>(stream), exchange->request());
  if (!start) return exchange->Send(InvalidParameterReply(start.error()));
  if (count_.fetch_add(1) >= limits_.tails_max) {
    count_.fetch_sub(1);
    return exchange->Send(BusyReply("too many live tails are open"));
  }
  auto tail = std::make_shared<Tail>();
  tail->exchange = exchange;
  tail->caller = exchange->request().caller;
  tail->stream = start->stream;
  tail->id = services_.stream_ids[start->stream];
  tail->positions = std::move(start->positions);
  tail->wanted = std::move(start->wanted);
  tail->last_sent = services_.clock.Monotonic();
  {
    std::lock_guard lock(mutex_);
    tails_.push_back(tail);
  }
  Reply head;
  head.content_type = kEventStream;
  head.headers.emplace_back("Cache-Control", "no-cache");
  head.body = kFirstLine;
  exchange->BeginStream(std::move(head));
  Pump(tail);
}

Result<TailHub::Start> TailHub::ReadStart(size_t stream, const Request& request) const {
  const auto partitions = services_.log.Partitions(services_.stream_ids[stream]);
  TR_TRY(QueryArgs args, QueryArgs::Parse(request));
  TR_TRY(const auto partition, args.TakeInt("partition", 0, static_cast<int64_t>(partitions.size()) - 1));
  Start start;
  start.stream = stream;
  start.wanted.assign(partitions.size(), !partition.has_value());
  if (partition) start.wanted[static_cast<size_t>(*partition)] = true;
  TR_TRY(start.positions, StartPositions(args, request, partitions, partition));
  TR_RETURN_IF_ERROR(args.RefuseRest());
  return start;
}

// `from` is `oldest`, PARTITION:OFFSET pairs, or the offset of the one partition asked for; without it the end. A client that
// comes back says where it was.
Result<Positions> TailHub::StartPositions(QueryArgs& args, const Request& request, const std::vector<PartitionStatus>& partitions,
                                          std::optional<int64_t> partition) const {
  Positions positions;
  const auto from = args.Take("from");
  for (const PartitionStatus& status : partitions) positions.push_back(from ? status.begin : status.end);
  if (request.Has(HeaderField::kLastEventId)) return ParsePositions(request.Header(HeaderField::kLastEventId), partitions.size());
  if (!from || *from == "oldest") return positions;
  if (from->find(':') != std::string::npos) return ParsePositions(*from, partitions.size());
  if (!partition && partitions.size() > 1) {
    return Fail(Error::Invalid("from: there are several partitions; give PARTITION:OFFSET,... or partition"));
  }
  auto offset = ParseInt(*from);
  if (!offset) return Fail(std::move(offset).error().With("from"));
  positions[static_cast<size_t>(partition.value_or(0))] = Offset{*offset};
  return positions;
}

// On the log's thread: says once that there is something to look at.
void TailHub::OnLogChanged() {
  if (count_.load(std::memory_order_relaxed) == 0 || pump_posted_.exchange(true)) return;
  loop_.Post([this] {
    pump_posted_ = false;
    PumpAll();
  });
}

void TailHub::Tick() {
  if (count_.load(std::memory_order_relaxed) > 0) PumpAll();
}

void TailHub::PumpAll() {
  std::lock_guard lock(mutex_);
  for (const TailPtr& tail : tails_) tail->exchange->loop().Post([this, tail] { Pump(tail); });
}

void TailHub::Remove(const TailPtr& tail) {
  std::lock_guard lock(mutex_);
  const auto found = std::find(tails_.begin(), tails_.end(), tail);
  if (found == tails_.end()) return;
  tails_.erase(found);
  count_.fetch_sub(1);
}

void TailHub::Pump(const TailPtr& tail) {
  if (tail->reading) return;
  // A key may end while what it opened goes on.
  if (!tail->caller->IsValidAt(services_.clock.Now())) {
    tail->exchange->EndStream();
    return Remove(tail);
  }
  const auto now = services_.clock.Monotonic();
  const bool is_silent = now - tail->last_sent >= limits_.tail_heartbeat;
  if (is_silent) tail->last_sent = now;
  if (!tail->exchange->WriteStream(is_silent ? kSignOfLife : "")) return Remove(tail);
  if (tail->exchange->unsent_bytes() > 0) return;  // it takes what it has first; Tick comes back to it
  auto partitions = services_.log.Partitions(tail->id);
  SkipGaps(*tail, partitions);
  for (size_t i = 0; i < partitions.size(); ++i) {
    const size_t partition = (tail->turn + i) % partitions.size();
    if (!tail->wanted[partition] || tail->positions[partition] >= partitions[partition].end) continue;
    tail->turn = partition + 1;
    tail->reading = pool_.TryPost([this, tail, partition](const std::stop_token&) {
      Positions positions = tail->positions;
      std::string events = ReadChunk(*tail, partition, positions);
      tail->exchange->loop().Post([this, tail, events = std::move(events), positions = std::move(positions)] {
        tail->reading = false;
        const bool moved = positions != tail->positions;
        tail->positions = positions;
        tail->last_sent = services_.clock.Monotonic();
        if (!tail->exchange->WriteStream(events)) return Remove(tail);
        if (moved) Pump(tail);  // what cannot be read now is tried again with the next tick
      });
    });
    return;
  }
}

void TailHub::SkipGaps(Tail& tail, std::vector<PartitionStatus>& partitions) {
  std::string events;
  for (size_t i = 0; i < partitions.size(); ++i) {
    if (!tail.wanted[i]) continue;
    const Offset from = tail.positions[i];
    Offset to = from;
    if (from < partitions[i].begin) to = partitions[i].begin;
    if (partitions[i].end.value - to.value > limits_.tail_lag_records_max) to = partitions[i].end;
    if (to == from) continue;
    tail.positions[i] = to;
    AppendEventHead(events, tail.positions, "gap");
    JsonWriter(events).BeginObject().Int("partition", static_cast<int64_t>(i)).Int("from", from.value).Int("to", to.value).EndObject();
    events += "\n\n";
  }
  if (!events.empty()) tail.exchange->WriteStream(events);
}

// On a reader thread; nothing else touches the tail meanwhile but the flag.
std::string TailHub::ReadChunk(Tail& tail, size_t partition, Positions& positions) {
  std::string events;
  const PartitionId id{static_cast<int32_t>(partition)};
  const auto batches = services_.log.Read(tail.id, id, positions[partition], limits_.tail_chunk_bytes_max);
  if (!batches) return events;  // gone to retention meanwhile, or damaged: SkipGaps looks at the next turn
  for (const LogBatch& batch : *batches) {
    for (const LogRecord& record : batch.records) {
      positions[partition] = record.offset.Plus(1);
      AppendEventHead(events, positions, "record");
      std::string data;
      JsonWriter json(data);
      WriteRecord(json, record, batch.timestamp_ms);
      events += "{\"partition\":" + std::to_string(partition) + "," + data.substr(1) + "\n\n";
    }
  }
  return events;
}

}  // namespace tailrace::server
