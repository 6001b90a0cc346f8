#include "server/doors/ingest_call.h"

#include <utility>

#include "server/doors/append_completions.h"
#include "server/doors/envelope.h"

namespace tailrace::server {
namespace {

using Parts = std::vector<std::unique_ptr<AppendPart>>;

// Kept for the next request; more than this is given back.
constexpr size_t kKeptElements = 4096;

template <typename T>
void ClearButSmall(std::vector<T>& list) {
  list.clear();
  if (list.capacity() > kKeptElements) list.shrink_to_fit();
}

void ClearParts(const Parts& parts, size_t used) {
  for (size_t i = 0; i < used; ++i) {
    ClearButSmall(parts[i]->records);
    parts[i]->result = Appended{};
    parts[i]->refused_at_once = false;
  }
}

AppendPart& FindOrAdd(IngestCall& call, Parts& parts, size_t* used, size_t stream, PartitionId partition) {
  for (size_t i = 0; i < *used; ++i) {
    if (parts[i]->stream == stream && parts[i]->partition == partition) return *parts[i];
  }
  if (*used == parts.size()) parts.push_back(std::make_unique<AppendPart>());
  AppendPart& part = *parts[(*used)++];
  part.call = &call;
  part.stream = stream;
  part.partition = partition;
  return part;
}

}  // namespace

std::optional<Offset> RecordOutcome::offset() const {
  if (part == nullptr || !part->result) return std::nullopt;
  return part->result->first.Plus(index);
}

void AppendPart::OnAppended(const Result<Appended>& appended) {
  result = appended;
  call->completions->Push(this);
}

void IngestCall::Begin(ExchangePtr with, const IngestDoor& at) {
  exchange = std::move(with);
  caller = exchange->request().caller;
  door = &at;
  body = exchange->request().body;
}

void IngestCall::Clear() {
  exchange.reset();
  caller.reset();
  door = nullptr;
  dry_run = false;
  expanded = std::string();
  body = {};
  texts.Clear();
  accepted = rejected = 0;
  entered_bytes.reset();
  records_charged = 0;
  ClearButSmall(errors);
  ClearButSmall(outcomes);
  first_fault.reset();
  request_id.clear();
  key_id.clear();
  ClearButSmall(refused);
  ClearParts(parts, parts_used);
  ClearParts(letters, letters_used);
  parts_used = letters_used = pending = 0;
}

AppendPart& IngestCall::PartFor(size_t stream, PartitionId partition) {
  return FindOrAdd(*this, parts, &parts_used, stream, partition);
}

std::string_view IngestCall::RepeatKey() const {
  const Request& request = exchange->request();
  return door->envelope == nullptr ? request.Header(HeaderField::kIdempotencyKey) : door->envelope->RepeatKey(request);
}

AppendPart& IngestCall::LettersFor(size_t stream) {
  return FindOrAdd(*this, letters, &letters_used, stream, PartitionId{0});
}

}  // namespace tailrace::server
