#include "engine/system_relations.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "config/system_relations.h"
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

std::optional<std::string> TextOrNull(const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); }

std::string TimeText(int64_t time_ms) {
  constexpr int64_t kMicrosPerMilli = 1000;
  std::string text;
  AppendRfc3339(time_ms * kMicrosPerMilli, &text);
  return text;
}

// A row for each materialisation.
using RowOf = SystemRow (*)(const AuditedMaterialization& m);

Result<std::vector<SystemRow>> OfMaterializations(Auditor& auditor, RowOf row_of) {
  TR_TRY(const Audit audit, auditor.Now());
  std::vector<SystemRow> rows;
  for (const AuditedMaterialization& m : audit.materializations) rows.push_back(row_of(m));
  return rows;
}

SystemRow AuditRow(const AuditedMaterialization& m) {
  return {m.kind, m.name, m.stream, std::to_string(m.flow.read), std::to_string(m.flow.emitted), std::to_string(m.flow.filtered),
          std::to_string(m.flow.dead_lettered), std::to_string(m.in_flight), m.difference.empty() ? "true" : "false",
          TextOrNull(m.difference)};
}

SystemRow LagRow(const AuditedMaterialization& m) {
  return {m.kind, m.name, m.stream, std::to_string(m.in_flight), fmt::format("{}", m.lag_seconds)};
}

Result<std::vector<SystemRow>> OriginRows(Auditor& auditor) {
  TR_TRY(const Audit audit, auditor.Now());
  std::vector<SystemRow> rows;
  for (const AuditedStream& stream : audit.streams) {
    for (const AuditedOrigin& origin : stream.origins) {
      rows.push_back({stream.name, TextOrNull(origin.name), std::to_string(origin.accepted), std::to_string(origin.refused),
                      std::to_string(origin.duplicates)});
    }
  }
  return rows;
}

// Of the collections; the warehouse has its own.
Result<std::vector<SystemRow>> CommitRows(Auditor& auditor) {
  const AuditSubjects& of = auditor.subjects();
  TR_TRY(const auto commits, of.documents.Commits(""));
  std::vector<SystemRow> rows;
  for (const JournaledCommit& commit : commits) {
    const auto collection = std::find_if(of.pipeline.collections.begin(), of.pipeline.collections.end(),
                                         [&](const config::CollectionSpec& spec) { return spec.name == commit.name; });
    if (collection == of.pipeline.collections.end()) continue;
    std::string positions = "[";
    for (const Offset next : commit.positions) positions += (positions.size() > 1 ? ", " : "") + std::to_string(next.value);
    const Flow& flow = commit.flow;
    rows.push_back({"collection", commit.name, TextOrNull(collection->stream), std::to_string(commit.number), TimeText(commit.time_ms),
                    positions + "]", std::to_string(commit.letters.value), std::to_string(flow.read), std::to_string(flow.emitted),
                    std::to_string(flow.filtered), std::to_string(flow.dead_lettered)});
  }
  return rows;
}

// The letters that stand open or pending, of all streams, read from their logs as the query goes on.
class LetterRows final : public SystemRows {
 public:
  explicit LetterRows(Auditor& auditor) : letters_(auditor.subjects().engine.letters()), pipeline_(auditor.subjects().pipeline) {}

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

Result<std::unique_ptr<SystemRows>> OpenLetters(Auditor& auditor) { return std::make_unique<LetterRows>(auditor); }

template <auto rows_of>
Result<std::unique_ptr<SystemRows>> OpenMade(Auditor& auditor) {
  TR_TRY(auto rows, rows_of(auditor));
  return std::make_unique<MadeRows>(std::move(rows));
}

// The streams with a limit on their dead letters.
Result<std::vector<SystemRow>> RejectRows(Auditor& auditor) {
  std::vector<SystemRow> rows;
  for (const RejectStanding& standing : auditor.subjects().engine.rejects().Standings()) {
    const auto& trouble = standing.trouble;
    rows.push_back({standing.stream, standing.limit, std::to_string(standing.counts.letters), std::to_string(standing.counts.records),
                    trouble ? "true" : "false", trouble && trouble->pauses ? "true" : "false",
                    trouble ? std::optional(trouble->reason) : std::nullopt});
  }
  return rows;
}

Result<std::vector<SystemRow>> AuditRows(Auditor& auditor) { return OfMaterializations(auditor, AuditRow); }
Result<std::vector<SystemRow>> LagRows(Auditor& auditor) { return OfMaterializations(auditor, LagRow); }

using OpenRows = Result<std::unique_ptr<SystemRows>> (*)(Auditor& auditor);

// One line each; the columns are in config/system_relations.cc.
constexpr std::pair<std::string_view, OpenRows> kRelations[] = {
    {"audit", OpenMade<AuditRows>}, {"commits", OpenMade<CommitRows>}, {"dead_letters", OpenLetters},
    {"lag", OpenMade<LagRows>},     {"origins", OpenMade<OriginRows>}, {"rejects", OpenMade<RejectRows>},
};

}  // namespace

std::vector<SystemRelation> SystemRelations(const FindAuditor& auditor) {
  std::vector<SystemRelation> relations;
  for (const auto& [name, open] : kRelations) {
    SystemRelation relation = SystemRelationNamed(name);
    relation.open = [auditor, open = open]() -> Result<std::unique_ptr<SystemRows>> {
      Auditor* const now = auditor();
      if (now == nullptr) return Fail(Error::Unavailable("the pipeline is not open yet"));
      return open(*now);
    };
    relations.push_back(std::move(relation));
  }
  return relations;
}

SystemRelation SystemRelationNamed(std::string_view name) {
  for (const config::SystemRelationSpec& spec : config::SystemRelationTable()) {
    if (spec.name != name) continue;
    SystemRelation relation{spec.name, {}, nullptr};
    for (const sql::ResultColumn& column : spec.columns) relation.columns.push_back({column.name, column.type});
    return relation;
  }
  TR_CHECK(false);  // a name that is not in the table
  return {};
}

}  // namespace tailrace::engine
