#include "engine/plan.h"

#include <algorithm>

#include "config/fingerprint.h"

namespace tailrace::engine {
namespace {

MergeMode MergeModeOf(config::Merge merge) {
  switch (merge) {
    case config::Merge::kReplace: return MergeMode::kReplace;
    case config::Merge::kAttributes: return MergeMode::kAttributes;
    case config::Merge::kDeep: return MergeMode::kDeep;
    case config::Merge::kPatch: return MergeMode::kPatch;
  }
  return MergeMode::kReplace;
}

// Whether some query over the stream reads the record as it came.
bool ReadsRecord(const config::Pipeline& pipeline, const std::string& stream) {
  const auto mentions = [](const std::string& sql) { return sql.find("_record") != std::string::npos; };
  return std::any_of(pipeline.tables.begin(), pipeline.tables.end(),
                     [&](const auto& table) { return table.stream == stream && mentions(table.inlined_sql); }) ||
         std::any_of(pipeline.collections.begin(), pipeline.collections.end(),
                     [&](const auto& collection) { return collection.stream == stream && mentions(collection.inlined_sql); });
}

template <typename Specs>
auto FindByName(const Specs& specs, std::string_view name) {
  return std::find_if(specs.begin(), specs.end(), [&](const auto& spec) { return spec.name == name; });
}

void AddStreamsBehind(const config::Pipeline& pipeline, const std::string& relation, std::set<std::string>* streams) {
  if (FindStream(pipeline, relation) != nullptr) {
    streams->insert(relation);
  } else if (const auto table = FindByName(pipeline.tables, relation); table != pipeline.tables.end()) {
    streams->insert(table->stream);
  } else if (const auto view = FindByName(pipeline.views, relation); view != pipeline.views.end()) {
    for (const std::string& read : view->reads) AddStreamsBehind(pipeline, read, streams);
  }
}

}  // namespace

WarehousePlan PlanWarehouse(const config::Pipeline& pipeline) {
  WarehousePlan plan;
  for (const auto& stream : pipeline.streams) {
    plan.streams.push_back({stream.name, stream.schema, stream.partitions, stream.store, ReadsRecord(pipeline, stream.name)});
  }
  for (const auto& table : pipeline.tables) {
    plan.tables.push_back({table.name, table.stream, table.inlined_sql, table.unique, table.fingerprint});
  }
  for (const auto& view : pipeline.views) plan.views.push_back({view.name, view.sql.text});
  for (const auto& collection : pipeline.collections) {
    if (!collection.stream.empty()) plan.projections.push_back({collection.name, collection.stream, collection.inlined_sql});
  }
  return plan;
}

std::vector<CollectionPlan> PlanCollections(const config::Pipeline& pipeline) {
  std::vector<CollectionPlan> plans;
  for (const auto& collection : pipeline.collections) {
    const auto* stream = FindStream(pipeline, collection.stream);
    plans.push_back({collection.name, collection.stream, MergeModeOf(collection.merge), collection.index,
                     collection.fingerprint, stream == nullptr ? 1 : stream->partitions});
  }
  return plans;
}

std::set<std::string> StreamsBehind(const config::Pipeline& pipeline, const std::string& relation) {
  std::set<std::string> streams;
  AddStreamsBehind(pipeline, relation, &streams);
  return streams;
}

std::string DefinitionName(const config::Pipeline& pipeline, std::string_view name) {
  if (const auto* stream = FindStream(pipeline, name); stream != nullptr) {
    return config::Fingerprint({SchemaText(stream->schema)});
  }
  if (const auto table = FindByName(pipeline.tables, name); table != pipeline.tables.end()) {
    return config::Fingerprint({table->fingerprint});
  }
  const auto collection = FindByName(pipeline.collections, name);
  return collection == pipeline.collections.end() ? "" : config::Fingerprint({collection->fingerprint});
}

const config::StreamSpec* FindStream(const config::Pipeline& pipeline, std::string_view name) {
  const auto found = FindByName(pipeline.streams, name);
  return found == pipeline.streams.end() ? nullptr : &*found;
}

}  // namespace tailrace::engine
