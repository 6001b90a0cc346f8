#include "engine/system_relations.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace tailrace::engine {
namespace {

// Rows that are few enough to be made at once.
class MadeRows final : public SystemRows {
 public:
  explicit MadeRows(std::vector<SystemRow> rows) : rows_(std::move(rows)) {}

  Result<std::vector<SystemRow>> Next(size_t rows_max) override {
    const size_t count = std::min(rows_max, rows_.size() - at_);
    const auto begin = rows_.begin() + static_cast<std::ptrdiff_t>(at_);
    at_ += count;
    return std::vector<SystemRow>(begin, begin + static_cast<std::ptrdiff_t>(count));
  }

 private:
  const std::vector<SystemRow> rows_;
  size_t at_ = 0;
};

using RowOf = std::function<SystemRow(const AuditedMaterialization&)>;

// A row for each materialisation.
SystemRelation OfMaterializations(std::string name, std::vector<SystemColumn> columns, const FindAuditor& auditor, RowOf row_of) {
  const auto open = [auditor, row_of = std::move(row_of)]() -> Result<std::unique_ptr<SystemRows>> {
    Auditor* now = auditor();
    if (now == nullptr) return Fail(Error::Unavailable("the pipeline is not open yet"));
    TR_TRY(const Audit audit, now->Now());
    std::vector<SystemRow> rows;
    for (const AuditedMaterialization& m : audit.materializations) rows.push_back(row_of(m));
    return std::make_unique<MadeRows>(std::move(rows));
  };
  return {std::move(name), std::move(columns), open};
}

SystemRelation AuditRelation(const FindAuditor& auditor) {
  return OfMaterializations("audit",
                            {{"kind", "VARCHAR"}, {"name", "VARCHAR"}, {"stream", "VARCHAR"}, {"read", "BIGINT"}, {"emitted", "BIGINT"},
                             {"filtered", "BIGINT"}, {"dead_lettered", "BIGINT"}, {"in_flight", "BIGINT"}, {"holds", "BOOLEAN"},
                             {"difference", "VARCHAR"}},
                            auditor, [](const AuditedMaterialization& m) -> SystemRow {
                              const std::optional<std::string> difference =
                                  m.difference.empty() ? std::nullopt : std::optional(m.difference);
                              return {m.kind, m.name, m.stream, std::to_string(m.flow.read), std::to_string(m.flow.emitted),
                                      std::to_string(m.flow.filtered), std::to_string(m.flow.dead_lettered),
                                      std::to_string(m.in_flight), m.difference.empty() ? "true" : "false", difference};
                            });
}

SystemRelation LagRelation(const FindAuditor& auditor) {
  return OfMaterializations("lag", {{"kind", "VARCHAR"}, {"name", "VARCHAR"}, {"stream", "VARCHAR"}, {"records", "BIGINT"}, {"seconds", "DOUBLE"}},
                            auditor, [](const AuditedMaterialization& m) -> SystemRow {
                              return {m.kind, m.name, m.stream, std::to_string(m.in_flight), fmt::format("{}", m.lag_seconds)};
                            });
}

}  // namespace

std::vector<SystemRelation> SystemRelations(const FindAuditor& auditor) { return {AuditRelation(auditor), LagRelation(auditor)}; }

}  // namespace tailrace::engine
