#include "server/ingest_call.h"

#include <utility>

#include "server/append_completions.h"

namespace tailrace::server {

void AppendPart::OnAppended(const Result<Appended>& appended) {
  result = appended;
  call->completions->Push(this);
}

void IngestCall::Begin(ExchangePtr with, const IngestDoor& at) {
  exchange = std::move(with);
  door = &at;
  body = exchange->request().body;
}

void IngestCall::Clear() {
  exchange.reset();
  door = nullptr;
  expanded = std::string();
  body = {};
  texts.Clear();
  accepted = rejected = 0;
  errors.clear();
  first_fault.reset();
  for (size_t i = 0; i < parts_used; ++i) {
    parts[i]->records.clear();
    parts[i]->result = Appended{};
    parts[i]->refused_at_once = false;
  }
  parts_used = pending = 0;
}

AppendPart& IngestCall::PartFor(size_t stream, PartitionId partition) {
  for (size_t i = 0; i < parts_used; ++i) {
    if (parts[i]->stream == stream && parts[i]->partition == partition) return *parts[i];
  }
  if (parts_used == parts.size()) parts.push_back(std::make_unique<AppendPart>());
  AppendPart& part = *parts[parts_used++];
  part.call = this;
  part.stream = stream;
  part.partition = partition;
  return part;
}

}  // namespace tailrace::server
