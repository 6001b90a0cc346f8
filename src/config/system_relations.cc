#include "config/system_relations.h"

#include "config/catalog.h"

namespace tailrace::config {
namespace {

std::string FullName(const SystemRelationSpec& relation) { return std::string(kSystemSchema) + "." + relation.name; }

}  // namespace

// A further one is a line here, and its rows in the list of whoever has them (engine/system_relations.cc).
const std::vector<SystemRelationSpec>& SystemRelationTable() {
  static const std::vector<SystemRelationSpec> kTable = {
      {"audit", {{"kind", "VARCHAR"}, {"name", "VARCHAR"}, {"stream", "VARCHAR"}, {"read", "BIGINT"}, {"emitted", "BIGINT"}, {"filtered", "BIGINT"},
                 {"dead_lettered", "BIGINT"}, {"in_flight", "BIGINT"}, {"holds", "BOOLEAN"}, {"difference", "VARCHAR"}}},
      {"commits", {{"kind", "VARCHAR"}, {"name", "VARCHAR"}, {"stream", "VARCHAR"}, {"number", "BIGINT"}, {"time", "TIMESTAMP"},
                   {"positions", "BIGINT[]"}, {"letters", "BIGINT"}, {"read", "BIGINT"}, {"emitted", "BIGINT"}, {"filtered", "BIGINT"},
                   {"dead_lettered", "BIGINT"}}},
      {"dead_letters", {{"stream", "VARCHAR"}, {"letter", "BIGINT"}, {"state", "VARCHAR"}, {"fault_id", "VARCHAR"}, {"fault", "VARCHAR"},
                        {"stage", "VARCHAR"}, {"materialization", "VARCHAR"}, {"pointer", "VARCHAR"}, {"reason", "VARCHAR"}, {"time", "TIMESTAMP"},
                        {"source", "VARCHAR"}, {"item", "VARCHAR"}, {"line", "BIGINT"}, {"request", "VARCHAR"}, {"partition", "INTEGER"},
                        {"offset", "BIGINT"}, {"raw", "VARCHAR"}, {"record", "VARCHAR"}}},
      {"lag", {{"kind", "VARCHAR"}, {"name", "VARCHAR"}, {"stream", "VARCHAR"}, {"records", "BIGINT"}, {"seconds", "DOUBLE"}}},
      {"origins", {{"stream", "VARCHAR"}, {"name", "VARCHAR"}, {"accepted", "BIGINT"}, {"refused", "BIGINT"}, {"duplicates", "BIGINT"}}},
      {"rejects", {{"stream", "VARCHAR"}, {"max_rejects", "VARCHAR"}, {"letters", "BIGINT"}, {"records", "BIGINT"}, {"over", "BOOLEAN"},
                   {"paused", "BOOLEAN"}, {"reason", "VARCHAR"}}},
      {"runs", {{"run", "VARCHAR"}, {"job", "VARCHAR"}, {"state", "VARCHAR"}, {"trigger", "VARCHAR"}, {"due", "TIMESTAMP"}, {"due_last", "TIMESTAMP"},
                {"due_times", "BIGINT"}, {"attempts", "BIGINT"}, {"rows", "BIGINT"}, {"queued", "TIMESTAMP"}, {"started", "TIMESTAMP"},
                {"ended", "TIMESTAMP"}, {"seconds", "DOUBLE"}, {"reason", "VARCHAR"}}},
  };
  return kTable;
}

bool IsSystemName(std::string_view name) {
  const size_t dot = name.find('.');
  return dot != std::string_view::npos && Folded(name.substr(0, dot)) == kSystemSchema;
}

const SystemRelationSpec* FindSystemRelation(std::string_view name) {
  for (const SystemRelationSpec& relation : SystemRelationTable()) {
    if (Folded(name) == FullName(relation)) return &relation;
  }
  return nullptr;
}

std::vector<std::string> SystemRelationNames() {
  std::vector<std::string> names;
  for (const SystemRelationSpec& relation : SystemRelationTable()) names.push_back(FullName(relation));
  return names;
}

}  // namespace tailrace::config
