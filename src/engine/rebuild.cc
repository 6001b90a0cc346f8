// Engine::Rebuild: the same feed and the same keepers over the whole log, into a shadow.
#include <algorithm>

#include "base/crash_point.h"
#include "engine/engine.h"
#include "engine/plan.h"

namespace tailrace::engine {
namespace {

template <typename Specs>
bool Names(const Specs& specs, std::string_view name) {
  return std::any_of(specs.begin(), specs.end(), [&](const auto& spec) { return spec.name == name; });
}

}  // namespace

Status Engine::Rebuild(std::string_view name, const std::stop_token& stop) {
  if (const auto* stream = FindStream(pipeline_, name); stream != nullptr) {
    if (!stream->store) return Fail(Error::Invalid("the rows of " + stream->name + " are not stored"));
    return BuildShadow(WorkKind::kRows, stream->name, stream->name, stop);
  }
  for (const auto& table : pipeline_.tables) {
    if (table.name == name) return BuildShadow(WorkKind::kTable, table.name, table.stream, stop);
  }
  for (const auto& collection : pipeline_.collections) {
    if (collection.name != name) continue;
    if (collection.stream.empty()) {
      return Fail(Error::Invalid(collection.name + " is over views: it is rewritten after every commit that changes it"));
    }
    return BuildShadow(WorkKind::kCollection, collection.name, collection.stream, stop);
  }
  if (Names(pipeline_.views, name)) return Fail(Error::Invalid(std::string(name) + " is a view: it keeps nothing"));
  return Fail(Error::NotFound("no stream, table or collection " + std::string(name)));
}

Status Engine::BuildShadow(WorkKind kind, const std::string& name, const std::string& stream, const std::stop_token& stop) {
  const std::string shadow = name + std::string(Warehouse::kShadowSuffix);
  const std::string kind_name(KindName(kind));
  // Definitions of stored rows change on the tables' thread too: they are one warehouse.
  const bool is_document = kind == WorkKind::kCollection;
  Worker& worker = is_document ? collection_worker_ : table_worker_;
  TR_RETURN_IF_ERROR(
      worker.RunThere([&] { return is_document ? documents_.BeginShadow(name) : warehouse_.BeginShadow(name); }, stop));

  const auto* spec = FindStream(pipeline_, stream);
  TR_TRY(const auto feed, NewFeed(*spec));
  const Positions none(static_cast<size_t>(spec->partitions));
  feed->Add({kind, shadow}, none);
  MaterializationProgress progress;
  progress.name = shadow;
  progress.kind = kind_name;
  progress.stream = stream;
  progress.positions = none;
  progress.shadow = true;
  progress_.Add(std::move(progress));

  const Dispatch dispatch = [&](const auto& batch, const auto& takers) { return DispatchBatch(batch, takers, stop); };
  const auto finish = [&]() -> Status {
    // Most of the way beside the live feed, the rest while it is held off.
    while (true) {
      TR_TRY(const bool fed, feed->Step(dispatch));
      if (!fed) break;
    }
    Feeder& live = *feeders_.at(stream);
    const auto turn = live.TakeTurn();
    // Both stand at places of the stream's one order: the one behind is fed up to the other.
    while (!live.feed().empty() && live.feed().Lowest() != feed->Lowest()) {
      const Positions live_at = live.feed().Lowest();
      const Positions shadow_at = feed->Lowest();
      const bool live_behind = Covers(shadow_at, live_at);
      TR_TRY(const bool fed, live_behind ? live.feed().Step(dispatch, &shadow_at) : feed->Step(dispatch, &live_at));
      if (!fed) return Fail(Error::Internal("the shadow of " + name + " cannot reach the live state"));
    }
    const Positions end = feed->Lowest();
    TR_RETURN_IF_ERROR(progress_.WaitForOne(kind_name, shadow, end, stop));
    TR_RETURN_IF_ERROR(progress_.Wait(stream, end, stop));
    TR_CRASH_POINT("engine.shadow_caught_up");
    TR_RETURN_IF_ERROR(worker.RunThere([&] { return SwapShadow(kind, name); }, stop));
    const auto was_changed = std::find_if(changed_.begin(), changed_.end(), [&](const auto& c) { return c.name == name; });
    if (was_changed != changed_.end()) {
      changed_.erase(was_changed);
      AddMember(stream, {kind, name}, end);
    }
    return {};
  };
  const Status finished = finish();
  progress_.Remove(kind_name, shadow);
  feeders_.at(stream)->Wake();
  return finished;
}

Status Engine::SwapShadow(WorkKind kind, const std::string& name) {
  TR_RETURN_IF_ERROR(kind == WorkKind::kCollection ? documents_.FinishShadow(name) : warehouse_.FinishShadow(name));
  for (const std::string& stream : StreamsBehind(pipeline_, name)) Committed(stream);
  return {};
}

}  // namespace tailrace::engine
