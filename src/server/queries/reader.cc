#include "server/queries/reader.h"

#include <algorithm>

#include <utility>

#include "server/queries/as_of.h"

namespace tailrace::server {

Result<std::optional<WaitFor>> Reader::TakeWaitFor(QueryArgs& args, const auth::Grant& grant) const {
  const auto text = args.Take("wait_for");
  TR_TRY(const auto timeout, args.TakeDuration("timeout", limits_.wait_timeout_max));
  if (!text) return std::nullopt;
  const size_t slash = text->find('/');
  if (slash == std::string::npos) return Fail(Error::Invalid("wait_for: \"" + *text + "\" is not STREAM/PARTITION:OFFSET"));
  const int stream = ingest_.FindStream(text->substr(0, slash));
  if (grant.limited() && (stream < 0 || !MayWaitFor(grant, services_.pipeline.streams[static_cast<size_t>(stream)].name))) {
    return Fail(Error::Invalid("wait_for: the key reads nothing of the stream \"" + text->substr(0, slash) + "\""));
  }
  if (stream < 0) return Fail(Error::Invalid("wait_for: there is no stream \"" + text->substr(0, slash) + "\""));
  const config::StreamSpec& spec = services_.pipeline.streams[static_cast<size_t>(stream)];
  auto positions = ParsePositions(std::string_view(*text).substr(slash + 1), static_cast<size_t>(spec.partitions));
  if (!positions) return Fail(std::move(positions).error().With("wait_for"));
  return WaitFor{spec.name, std::move(*positions), timeout.value_or(limits_.wait_timeout)};
}

// The positions of a stream are shown with whatever is made from it.
bool Reader::MayWaitFor(const auth::Grant& grant, std::string_view stream) const {
  if (grant.Covers(auth::ThingKind::kStream, stream)) return true;
  const auto reads = [&](auth::ThingKind kind, const auto& specs) {
    return std::any_of(specs.begin(), specs.end(),
                       [&](const auto& spec) { return spec.stream == stream && grant.Covers(kind, spec.name); });
  };
  return reads(auth::ThingKind::kTable, services_.pipeline.tables) || reads(auth::ThingKind::kCollection, services_.pipeline.collections);
}

void Reader::Run(const ExchangePtr& exchange, std::optional<WaitFor> wait_for, ReadWork work) {
  When(exchange, std::move(wait_for), [this, exchange, work = std::move(work)]() mutable { pool_.Run(exchange, std::move(work)); });
}

void Reader::When(const ExchangePtr& exchange, std::optional<WaitFor> wait_for, std::function<void()> then) {
  if (!wait_for) return then();
  waits_.Wait(exchange, std::move(*wait_for), std::move(then));
}

}  // namespace tailrace::server
