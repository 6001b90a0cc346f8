#include "app/against.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <set>

#include "app/definitions.h"
#include "app/progress_line.h"
#include "base/file_system.h"
#include "log/inspect.h"
#include "model/definition.h"
#include "model/record_decoder.h"

namespace tailrace::app {
namespace {

namespace fs = std::filesystem;

// As measured with the retail example (sales, sales_by_hour, invoices) on two cores that were busy with other things:
// what is said of a time is of this order.
constexpr double kRowsPerSecond = 150'000;
constexpr double kTableRowsPerSecond = 270'000;
constexpr double kDocumentRowsPerSecond = 75'000;

double RateOf(const std::string& kind) {
  if (kind == "rows") return kRowsPerSecond;
  return kind == "table" ? kTableRowsPerSecond : kDocumentRowsPerSecond;
}

std::vector<std::string> Segments(const fs::path& stream) {
  std::vector<std::string> segments;
  std::error_code failed;
  for (const auto& entry : fs::recursive_directory_iterator(stream, failed)) {
    if (entry.path().extension() == ".log") segments.push_back(entry.path().string());
  }
  std::sort(segments.begin(), segments.end());
  return segments;
}

// The last segment of each partition says where it ends.
Result<int64_t> RecordsOf(const fs::path& stream) {
  const std::vector<std::string> segments = Segments(stream);
  int64_t records = 0;
  for (size_t i = 0; i < segments.size(); ++i) {
    const fs::path path(segments[i]);
    if (i + 1 < segments.size() && fs::path(segments[i + 1]).parent_path() == path.parent_path()) continue;
    int64_t end = 0;
    const std::string name = path.stem().string();
    std::from_chars(name.data(), name.data() + name.size(), end);
    log::InspectOptions options;
    options.batches_max = INT64_MAX;
    TR_TRY(const auto inspection, log::InspectLog(PosixFileSystem(), segments[i], options));
    for (const auto& batch : inspection.batches) {
      if (batch.problem.empty()) end = std::max(end, batch.header.end_offset());
    }
    records += end;
  }
  return records;
}

struct Unfit {
  int64_t records = 0;
  std::string first;
};

// Records that the new schema cannot take, of all the log.
Result<Unfit> FindUnfit(const fs::path& stream, const Schema& schema) {
  TR_TRY(RecordDecoder decoder, RecordDecoder::Compile(schema, ""));
  Unfit unfit;
  for (const std::string& segment : Segments(stream)) {
    log::InspectOptions options;
    options.records = true;
    options.batches_max = INT64_MAX;
    TR_TRY(const auto inspection, log::InspectLog(PosixFileSystem(), segment, options));
    for (const auto& batch : inspection.batches) {
      for (const auto& record : batch.records) {
        std::string padded = record.value;
        padded.append(RecordDecoder::kPadding, '\0');
        const auto fits = decoder.Decode(std::string_view(padded).substr(0, record.value.size()), nullptr);
        if (fits) continue;
        if (unfit.records++ == 0) {
          unfit.first = fmt::format("{}:{} {}", fs::path(segment).parent_path().filename().string(), record.offset, fits.error().Message());
        }
      }
    }
  }
  return unfit;
}

std::string Joined(const std::vector<std::string>& parts) { return fmt::format("{}", fmt::join(parts, "; ")); }

// What readers of these columns would notice.
struct ColumnChanges {
  std::vector<std::string> taken;
  std::vector<std::string> added;
};

ColumnChanges CompareColumns(const std::vector<config::ColumnSpec>& before, const std::vector<config::ColumnSpec>& after) {
  const auto find = [](const std::vector<config::ColumnSpec>& columns, const std::string& name) {
    return std::find_if(columns.begin(), columns.end(), [&](const auto& column) { return column.name == name; });
  };
  ColumnChanges changes;
  for (const auto& column : before) {
    const auto now = find(after, column.name);
    if (now == after.end()) {
      changes.taken.push_back(fmt::format("column {} is gone", column.name));
    } else if (now->type != column.type) {
      changes.taken.push_back(fmt::format("column {} is {}, was {}", column.name, now->type, column.type));
    }
  }
  for (const auto& column : after) {
    if (find(before, column.name) == before.end()) changes.added.push_back(fmt::format("new column {} {}", column.name, column.type));
  }
  return changes;
}

class Comparison {
 public:
  Comparison(KeptDefinitions before, const config::Pipeline& pipeline, std::string data)
      : before_(std::move(before)), after_(DefinitionsOf(pipeline)), pipeline_(pipeline), data_(std::move(data)) {}

  Result<std::vector<AgainstLine>> Run() {
    TR_RETURN_IF_ERROR(CompareStreams());
    TR_RETURN_IF_ERROR(CompareMade());
    CompareApis();
    CompareViews();
    return std::move(lines_);
  }

 private:
  void Say(AgainstKind kind, std::string what, std::string text) { lines_.push_back({kind, std::move(what), std::move(text)}); }

  fs::path LogOf(const std::string& stream) const { return fs::path(data_) / "log" / stream; }

  static const KeptMade* Find(const std::vector<KeptMade>& made, const KeptMade& wanted) {
    const auto found = std::find_if(made.begin(), made.end(),
                                    [&](const KeptMade& one) { return one.kind == wanted.kind && one.name == wanted.name; });
    return found == made.end() ? nullptr : &*found;
  }

  Result<int64_t> Records(const std::string& stream) {
    if (const auto known = records_.find(stream); known != records_.end()) return known->second;
    TR_TRY(const int64_t records, RecordsOf(LogOf(stream)));
    records_[stream] = records;
    return records;
  }

  Status CompareStreams() {
    for (const KeptStream& stream : after_.streams) {
      const auto was = std::find_if(before_.streams.begin(), before_.streams.end(), [&](const auto& s) { return s.name == stream.name; });
      if (was == before_.streams.end()) {
        Say(AgainstKind::kNew, "stream " + stream.name, "begins empty");
        continue;
      }
      TR_TRY(const int64_t records, Records(stream.name));
      if (was->partitions != stream.partitions && records > 0) {
        Say(AgainstKind::kRefused, "stream " + stream.name,
            fmt::format("partitions: {} where there are {} with records: a key's records would be in two of them", stream.partitions,
                        was->partitions));
      }
      if (was->key != stream.key) {
        Say(AgainstKind::kFits, "stream " + stream.name, "its key is another: order per key holds from here on only");
      }
      TR_RETURN_IF_ERROR(CompareRecords(stream.name, records));
    }
    for (const KeptStream& stream : before_.streams) {
      if (std::none_of(after_.streams.begin(), after_.streams.end(), [&](const auto& s) { return s.name == stream.name; })) {
        Say(AgainstKind::kGone, "stream " + stream.name, "its log stays in the folder and takes no more records");
      }
    }
    return {};
  }

  Status CompareRecords(const std::string& stream, int64_t records) {
    const auto spec = std::find_if(pipeline_.streams.begin(), pipeline_.streams.end(), [&](const auto& s) { return s.name == stream; });
    const KeptMade rows{"rows", stream, stream, StoredRowsDefinition(spec->schema)};
    const KeptMade* was = Find(before_.made, rows);
    if (was != nullptr && was->definition == rows.definition) return {};
    TR_TRY(const Unfit unfit, FindUnfit(LogOf(stream), spec->schema));
    if (unfit.records > 0) {
      Say(AgainstKind::kRecords, "stream " + stream,
          fmt::format("{} of {} in the log no longer fit and become dead letters of what is rebuilt; first {}", Grouped(unfit.records),
                      Counted(records, "record"), unfit.first));
    }
    return {};
  }

  Status CompareMade() {
    for (const KeptMade& made : after_.made) {
      TR_TRY(const int64_t records, Records(made.stream));
      const std::string what = made.kind + " " + made.name;
      const std::string cost =
          fmt::format("{} of the log, about {}", Counted(records, "record"), DurationText(static_cast<double>(records) / RateOf(made.kind)));
      const KeptMade* was = Find(before_.made, made);
      if (was == nullptr) {
        Say(AgainstKind::kNew, what, fmt::format("computed at the start: {}", cost));
        continue;
      }
      const DefinitionChange change = made.kind == "rows" ? CompareStoredRows(was->definition, made.definition)
                                                          : CompareDefinitions(was->definition, made.definition);
      if (change.must_rebuild) {
        Say(AgainstKind::kRebuild, what, fmt::format("{}\n{}: tailrace rebuild {}", Joined(change.reasons), cost, made.name));
      } else if (change.columns_change) {
        Say(AgainstKind::kFits, what, "its columns are changed in place at the start");
      } else {
        Say(AgainstKind::kStays, what, "");
      }
    }
    for (const KeptMade& made : before_.made) {
      if (Find(after_.made, made) != nullptr) continue;
      Say(AgainstKind::kGone, made.kind + " " + made.name,
          "what is there stays in the folder, is no longer read, and goes on from where it stands if it comes back");
    }
    return {};
  }

  void SayColumns(const std::string& what, const std::vector<config::ColumnSpec>& before, const std::vector<config::ColumnSpec>& after) {
    const ColumnChanges changes = CompareColumns(before, after);
    if (!changes.taken.empty()) Say(AgainstKind::kClients, what, Joined(changes.taken));
    if (!changes.added.empty()) Say(AgainstKind::kAdded, what, Joined(changes.added));
  }

  void CompareApis() {
    for (const KeptApi& api : before_.apis) {
      const std::string what = "api " + api.name;
      const auto now = std::find_if(after_.apis.begin(), after_.apis.end(), [&](const auto& a) { return a.name == api.name; });
      if (now == after_.apis.end()) {
        Say(AgainstKind::kClients, what, fmt::format("{} {} is gone", api.method, api.route));
        continue;
      }
      if (now->route != api.route || now->method != api.method) {
        Say(AgainstKind::kClients, what, fmt::format("{} {} is now {} {}", api.method, api.route, now->method, now->route));
      }
      if (now->params != api.params) {
        Say(AgainstKind::kClients, what, fmt::format("takes ({}), took ({})", Joined(now->params), Joined(api.params)));
      }
      SayColumns(what, api.columns, now->columns);
    }
    for (const KeptApi& api : after_.apis) {
      if (std::none_of(before_.apis.begin(), before_.apis.end(), [&](const auto& a) { return a.name == api.name; })) {
        Say(AgainstKind::kAdded, "api " + api.name, fmt::format("{} {}", api.method, api.route));
      }
    }
  }

  // Streams, tables and views, as SQL sees them.
  void CompareViews() {
    for (const auto& [name, columns] : before_.columns) {
      const auto now = after_.columns.find(name);
      if (now == after_.columns.end()) {
        Say(AgainstKind::kClients, "relation " + name, "is gone from SQL");
      } else {
        SayColumns("relation " + name, columns, now->second);
      }
    }
  }

  const KeptDefinitions before_;
  const KeptDefinitions after_;
  const config::Pipeline& pipeline_;
  const std::string data_;
  std::map<std::string, int64_t> records_;
  std::vector<AgainstLine> lines_;
};

struct Shown {
  std::string_view word;
  Style style = Style::kPlain;
  bool is_no = false;
};

Shown ShownAs(AgainstKind kind) {
  switch (kind) {
    case AgainstKind::kStays: return {"stays", Style::kGreen};
    case AgainstKind::kFits: return {"fits", Style::kGreen};
    case AgainstKind::kNew: return {"new", Style::kGreen};
    case AgainstKind::kAdded: return {"readers +", Style::kGreen};
    case AgainstKind::kGone: return {"gone", Style::kYellow};
    case AgainstKind::kRebuild: return {"rebuild", Style::kYellow, true};
    case AgainstKind::kRefused: return {"refused", Style::kRed, true};
    case AgainstKind::kClients: return {"readers !", Style::kRed, true};
    case AgainstKind::kRecords: return {"unfit", Style::kRed, true};
  }
  return {"stays", Style::kGreen};
}

}  // namespace

Result<std::vector<AgainstLine>> CompareWithData(const config::Pipeline& pipeline, const std::string& data) {
  TR_TRY(KeptDefinitions before, ReadDefinitions(data));
  return Comparison(std::move(before), pipeline, data).Run();
}

ExitCode ShowAgainst(const std::vector<AgainstLine>& lines, Console& console) {
  constexpr size_t kWordWidth = 10;
  bool is_no = false;
  bool rebuild = false;
  for (const AgainstLine& line : lines) {
    const Shown shown = ShownAs(line.kind);
    is_no |= shown.is_no;
    rebuild |= line.kind == AgainstKind::kRebuild;
    std::string text = line.text;
    const std::string indent = "\n" + std::string(kWordWidth + 2, ' ');
    for (size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + indent.size())) text.replace(at, 1, indent);
    console.OutLine(fmt::format("{}{} {}{}", console.Paint(shown.style, shown.word), std::string(kWordWidth - shown.word.size(), ' '),
                                line.what, text.empty() ? "" : ": " + text));
  }
  if (rebuild) console.OutLine("`tailrace run --rebuild-changed` starts and rebuilds all of these.");
  return is_no ? ExitCode::kNo : ExitCode::kDone;
}

}  // namespace tailrace::app
