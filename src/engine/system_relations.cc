#include "engine/system_relations.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "engine/byte_text.h"
#include "model/times.h"

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

std::optional<std::string> TextOrNull(const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); }

std::string TimeText(int64_t time_ms) {
  constexpr int64_t kMicrosPerMilli = 1000;
  std::string text;
  AppendRfc3339(time_ms * kMicrosPerMilli, &text);
  return text;
}

// The letters that stand open or pending, of all streams, read from their logs as the query goes on.
class LetterRows final : public SystemRows {
 public:
  explicit LetterRows(Auditor& auditor) : letters_(auditor.engine().letters()), pipeline_(auditor.pipeline()) {}

  Result<std::vector<SystemRow>> Next(size_t rows_max) override {
    std::vector<SystemRow> rows;
    while (rows.empty() && stream_ < pipeline_.streams.size()) {
      const std::string& stream = pipeline_.streams[stream_].name;
      filter_.limit = rows_max;
      TR_TRY(const LetterPage page, letters_.Show(stream, filter_));
      for (const StoredLetter& letter : page.letters) rows.push_back(RowOf(stream, letter));
      filter_.after = page.next;
      if (!page.next) ++stream_;
    }
    return rows;
  }

  static std::vector<SystemColumn> Columns() {
    return {{"stream", "VARCHAR"}, {"letter", "BIGINT"}, {"state", "VARCHAR"}, {"fault_id", "VARCHAR"}, {"fault", "VARCHAR"},
            {"stage", "VARCHAR"}, {"materialization", "VARCHAR"}, {"pointer", "VARCHAR"}, {"reason", "VARCHAR"}, {"time", "TIMESTAMP"},
            {"source", "VARCHAR"}, {"item", "VARCHAR"}, {"line", "BIGINT"}, {"request", "VARCHAR"}, {"partition", "INTEGER"},
            {"offset", "BIGINT"}, {"raw", "VARCHAR"}, {"record", "VARCHAR"}};
  }

 private:
  static SystemRow RowOf(const std::string& stream, const StoredLetter& stored) {
    const DeadLetter& letter = stored.entry.letter;
    const auto in_log = [&](int64_t number) { return letter.partition ? std::optional(std::to_string(number)) : std::nullopt; };
    return {stream, std::to_string(stored.at.value), stored.pending ? "pending" : "open", stored.fault_id, stored.entry.fault,
            std::string(StageName(letter.stage)), TextOrNull(letter.materialization), TextOrNull(letter.pointer), letter.reason,
            TimeText(stored.entry.time_ms), TextOrNull(letter.source), TextOrNull(letter.item),
            letter.line > 0 ? std::optional(std::to_string(letter.line)) : std::nullopt, TextOrNull(letter.request),
            in_log(letter.partition.value_or(PartitionId{}).value), in_log(letter.offset.value),
            IsUtf8(letter.raw) ? std::optional(letter.raw) : std::nullopt, TextOrNull(letter.record)};
  }

  DeadLetters& letters_;
  const config::Pipeline& pipeline_;
  size_t stream_ = 0;
  LetterFilter filter_;
};

SystemRelation LettersRelation(const FindAuditor& auditor) {
  const auto open = [auditor]() -> Result<std::unique_ptr<SystemRows>> {
    Auditor* now = auditor();
    if (now == nullptr) return Fail(Error::Unavailable("the pipeline is not open yet"));
    return std::make_unique<LetterRows>(*now);
  };
  return {"dead_letters", LetterRows::Columns(), open};
}

// The streams with a limit on their dead letters.
SystemRelation RejectsRelation(const FindAuditor& auditor) {
  const auto open = [auditor]() -> Result<std::unique_ptr<SystemRows>> {
    Auditor* now = auditor();
    if (now == nullptr) return Fail(Error::Unavailable("the pipeline is not open yet"));
    std::vector<SystemRow> rows;
    for (const RejectStanding& standing : now->engine().rejects().Standings()) {
      const auto& trouble = standing.trouble;
      rows.push_back({standing.stream, standing.limit, std::to_string(standing.counts.letters), std::to_string(standing.counts.records),
                      trouble ? "true" : "false", trouble && trouble->pauses ? "true" : "false",
                      trouble ? std::optional(trouble->reason) : std::nullopt});
    }
    return std::make_unique<MadeRows>(std::move(rows));
  };
  return {"rejects",
          {{"stream", "VARCHAR"}, {"max_rejects", "VARCHAR"}, {"letters", "BIGINT"}, {"records", "BIGINT"}, {"over", "BOOLEAN"},
           {"paused", "BOOLEAN"}, {"reason", "VARCHAR"}},
          open};
}

}  // namespace

std::vector<SystemRelation> SystemRelations(const FindAuditor& auditor) {
  return {AuditRelation(auditor), LagRelation(auditor), LettersRelation(auditor), RejectsRelation(auditor)};
}

}  // namespace tailrace::engine
