#include "lake/delta_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/crash_point.h"
#include "base/crc32c.h"
#include "base/utf8.h"
#include "model/delta_action.h"
#include "model/json_members.h"
#include "model/json_text.h"

namespace tailrace::lake {
namespace {

constexpr int64_t kActionsBytesMax = int64_t{1} << 30;
constexpr int64_t kReaderVersion = 1;
constexpr int64_t kWriterVersion = 2;
constexpr size_t kVersionDigits = 20;
// Of a line that is no action.
constexpr size_t kShownBytes = 80;
constexpr std::string_view kProtocol = R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})";

std::string Quoted(std::string_view text) {
  std::string json;
  AppendJsonString(text, &json);
  return json;
}

std::string PartitionJson(const std::map<std::string, std::optional<std::string>>& partition) {
  std::string json;
  for (const auto& [name, value] : partition) json += (json.empty() ? "" : ",") + Quoted(name) + ":" + (value ? Quoted(*value) : "null");
  return "{" + json + "}";
}

std::string AddJson(const DeltaFile& file, bool data_changes) {
  std::string json = fmt::format(R"({{"add":{{"path":{},"partitionValues":{},"size":{},"modificationTime":{},"dataChange":{})", Quoted(file.path),
                                 PartitionJson(file.partition), file.bytes, file.modified_ms, data_changes);
  if (!file.stats.empty()) json += ",\"stats\":" + Quoted(file.stats);
  if (!file.sha256.empty()) json += fmt::format(R"(,"tags":{{"{}":"{}"}})", kSha256Tag, file.sha256);
  return json + "}}";
}

std::string RemoveJson(const std::string& path, int64_t time_ms, bool data_changes) {
  return fmt::format(R"({{"remove":{{"path":{},"deletionTimestamp":{},"dataChange":{}}}}})", Quoted(path), time_ms, data_changes);
}

std::string TransactionJson(const std::string& app, int64_t version) {
  return fmt::format(R"({{"txn":{{"appId":{},"version":{}}}}})", Quoted(app), version);
}

std::string MetadataJson(const DeltaMetadata& metadata) {
  std::string columns;
  for (const std::string& column : metadata.partition_columns) columns += (columns.empty() ? "" : ",") + Quoted(column);
  return fmt::format(
      R"({{"metaData":{{"id":{},"format":{{"provider":"parquet","options":{{}}}},"schemaString":{},"partitionColumns":[{}],"configuration":{{}},"createdTime":{}}}}})",
      Quoted(metadata.id), Quoted(metadata.schema), columns, metadata.created_ms);
}

// One line, looked into by pointers.
class LineMembers {
 public:
  bool Parse(std::string_view line) { return !document_.Parse(line); }
  bool Has(std::string_view pointer) const {
    const auto found = document_.Find(pointer);
    return found && *found != "null";
  }
  std::string Text(std::string_view pointer) const {
    const auto found = document_.Find(pointer);
    if (!found || *found == "null") return "";
    return JsonStringValue(*found).value_or("");
  }
  int64_t Number(std::string_view pointer) const {
    const auto found = document_.Find(pointer);
    int64_t number = 0;
    if (found) std::from_chars(found->data(), found->data() + found->size(), number);
    return number;
  }

 private:
  JsonDocument document_;
};

DeltaFile FileOf(DeltaAddAction add) {
  DeltaFile file;
  file.path = std::move(add.path);
  file.partition = std::move(add.partition);
  file.bytes = add.bytes;
  file.modified_ms = add.modified_ms;
  file.stats = std::move(add.stats);
  file.records = std::max<int64_t>(add.records, 0);
  if (const auto tag = add.tags.find(std::string(kSha256Tag)); tag != add.tags.end()) file.sha256 = tag->second.value_or("");
  return file;
}

Status CheckProtocol(const DeltaProtocolAction& protocol) {
  if (protocol.reader_version <= kReaderVersion && protocol.writer_version <= kWriterVersion) return {};
  return Fail(Error::Invalid(fmt::format("the table asks for reader version {} and writer version {} of Delta Lake; this program is {} and {}",
                                         protocol.reader_version, protocol.writer_version, kReaderVersion, kWriterVersion)));
}

Status ApplyOne(std::string_view line, DeltaState* state) {
  auto action = ParseDeltaAction(line);
  if (!action) return Fail(Error::Corruption(fmt::format("{}: {}", action.error().message(), ShownText(line, kShownBytes))));
  if (action->protocol) return CheckProtocol(*action->protocol);
  if (action->table) {
    DeltaTableAction& table = *action->table;
    state->metadata = {std::move(table.id), std::move(table.schema), std::move(table.partition_columns), table.created_ms};
  } else if (action->add) {
    DeltaFile file = FileOf(std::move(*action->add));
    state->removed.erase(file.path);
    state->files[file.path] = file;
  } else if (action->remove) {
    state->files.erase(action->remove->path);
    state->removed[action->remove->path] = action->remove->time_ms;
  } else if (action->transaction) {
    state->transactions[action->transaction->app] = action->transaction->version;
  }
  return {};
}

// Of "DIGITS.SUFFIX".
std::optional<int64_t> VersionOf(std::string_view name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return std::nullopt;
  name.remove_suffix(suffix.size());
  int64_t version = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), version);
  if (name.size() != kVersionDigits || error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return version;
}

// What bit flips would else change unseen: the digits of a position.
Status CheckSum(std::string_view text) {
  const size_t end = text.find('\n');
  LineMembers first;
  if (end == std::string_view::npos || !first.Parse(text.substr(0, end))) return {};  // what is wrong with it is found by its parser
  if (!first.Has("/commitInfo/crc32c") || first.Number("/commitInfo/crc32c") == Crc32c(text.substr(end + 1))) return {};
  return Fail(Error::Corruption("it is not what was written: its checksum differs"));
}

// In the second line of a state that was kept, where the checksum covers it; older programs wrote it into the first.
std::string CheckpointSha256In(std::string_view text) {
  for (int line = 0; line < 2; ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    LineMembers members;
    if (members.Parse(text.substr(0, end)) && members.Has("/commitInfo/checkpointSha256")) return members.Text("/commitInfo/checkpointSha256");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return "";
}

}  // namespace

std::string EncodePath(std::string_view path) {
  std::string encoded;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("-._~/=").find(c) != std::string_view::npos;
    if (plain) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

std::string DecodePath(std::string_view path) {
  std::string decoded;
  for (size_t i = 0; i < path.size(); ++i) {
    unsigned value = 0;
    const bool escaped = path[i] == '%' && i + 2 < path.size() && std::from_chars(&path[i + 1], &path[i + 1] + 2, value, 16).ptr == &path[i + 1] + 2;
    decoded += escaped ? static_cast<char>(value) : path[i];
    if (escaped) i += 2;
  }
  return decoded;
}

std::string CommitText(const DeltaCommit& commit, bool is_first) {
  std::string text;
  if (is_first) text += std::string(kProtocol) + "\n";
  if (commit.metadata) text += MetadataJson(*commit.metadata) + "\n";
  for (const auto& [app, version] : commit.transactions) text += TransactionJson(app, version) + "\n";
  for (const std::string& path : commit.removed) text += RemoveJson(path, commit.time_ms, commit.data_changes) + "\n";
  for (const DeltaFile& file : commit.added) text += AddJson(file, commit.data_changes) + "\n";
  return fmt::format(R"({{"commitInfo":{{"timestamp":{},"operation":"{}","engineInfo":"tailrace","crc32c":{}}}}})" "\n", commit.time_ms, commit.operation,
                     Crc32c(text)) +
         text;
}

std::string StateText(const DeltaState& state) {
  std::string text = std::string(kProtocol) + "\n";
  // A log that does not begin with its schema has none yet.
  if (!state.metadata.schema.empty()) text += MetadataJson(state.metadata) + "\n";
  for (const auto& [app, version] : state.transactions) text += TransactionJson(app, version) + "\n";
  for (const auto& [path, time_ms] : state.removed) text += RemoveJson(path, time_ms, false) + "\n";
  for (const auto& [path, file] : state.files) text += AddJson(file, false) + "\n";
  return text;
}

Status ApplyActions(std::string_view text, DeltaState* state) {
  TR_RETURN_IF_ERROR(CheckSum(text));
  for (const JsonPart& line : SplitLines(text)) TR_RETURN_IF_ERROR(ApplyOne(line.text, state));
  return {};
}

std::string DeltaLog::CommitName(int64_t version) const { return fmt::format("{}_delta_log/{:020}.json", folder_, version); }

std::string DeltaLog::CheckpointName(int64_t version) const { return fmt::format("{}_delta_log/{:020}.checkpoint.parquet", folder_, version); }

Status DeltaLog::Refresh(DeltaState* state) {
  const std::string kept_prefix = folder_ + "_tailrace/";
  if (state->version < 0) {
    TR_TRY(const auto kept, objects_.List(kept_prefix));
    for (auto object = kept.rbegin(); object != kept.rend(); ++object) {
      const auto version = VersionOf(std::string_view(object->name).substr(kept_prefix.size()), ".jsonl");
      if (!version) continue;
      TR_TRY(const std::string text, objects_.Get(object->name, kActionsBytesMax));
      if (const Status applied = ApplyActions(text, state); !applied) return Fail(applied.error().With(object->name));
      state->version = state->kept = *version;
      state->checkpoint_sha256 = CheckpointSha256In(text);
      break;
    }
  }
  while (true) {
    const auto text = objects_.Get(CommitName(state->version + 1), kActionsBytesMax);
    if (!text && text.error().code() == ErrorCode::kNotFound) return {};
    if (!text) return Fail(text.error());
    if (const Status applied = ApplyActions(*text, state); !applied) return Fail(applied.error().With(CommitName(state->version + 1)));
    ++state->version;
  }
}

Status DeltaLog::Commit(const DeltaCommit& commit, DeltaState* state) {
  const std::string name = CommitName(state->version + 1);
  const std::string text = CommitText(commit, state->version < 0);
  TR_TRY(const bool is_ours, objects_.PutIfAbsent(name, text));
  TR_CRASH_POINT("lake.table_committed");
  if (!is_ours) return Fail(Error::Conflict(name + " is there already"));
  TR_RETURN_IF_ERROR(ApplyActions(text, state));
  ++state->version;
  return {};
}

Status DeltaLog::KeepState(const DeltaState& state) {
  const std::string prefix = folder_ + "_tailrace/";
  TR_TRY(const auto older, objects_.List(prefix));
  const std::string text = fmt::format(R"({{"commitInfo":{{"checkpointSha256":"{}"}}}})" "\n", state.checkpoint_sha256) + StateText(state);
  const std::string first = fmt::format(R"({{"commitInfo":{{"engineInfo":"tailrace","crc32c":{}}}}})" "\n", Crc32c(text));
  TR_RETURN_IF_ERROR(objects_.Put(fmt::format("{}{:020}.jsonl", prefix, state.version), first + text));
  for (const ObjectInfo& object : older) {
    const auto version = VersionOf(std::string_view(object.name).substr(prefix.size()), ".jsonl");
    if (version && *version < state.version) TR_RETURN_IF_ERROR(objects_.Delete(object.name));
  }
  return {};
}

}  // namespace tailrace::lake
