#include "model/definition.h"

#include <algorithm>
#include <optional>

namespace tailrace {
namespace {

constexpr std::string_view kHead = "definition 2";
constexpr std::string_view kUnknownPrefix = "unknown: ";
constexpr std::string_view kReject = "reject";
constexpr std::string_view kDrop = "drop";

struct KeptField {
  std::string name;  // as JSON, with its quotes
  std::string type;
  bool read = false;
};

struct Kept {
  std::string older;
  std::string query;
  bool reads_all = false;
  std::vector<KeptField> fields;
  std::string unknown;

  const KeptField* Find(std::string_view name) const {
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const KeptField& field) { return field.name == name; });
    return found == fields.end() ? nullptr : &*found;
  }
};

std::string_view TakeLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

// Where the JSON string that begins `line` ends.
size_t NameEnd(std::string_view line) {
  for (size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      return i + 1;
    }
  }
  return line.size();
}

std::optional<Kept> Parse(std::string_view text) {
  if (TakeLine(text) != kHead) return std::nullopt;
  Kept kept;
  kept.older = TakeLine(text);
  kept.query = TakeLine(text);
  kept.reads_all = TakeLine(text) == "all";
  while (!text.empty()) {
    std::string_view line = TakeLine(text);
    if (line.starts_with(kUnknownPrefix)) {
      kept.unknown = line.substr(kUnknownPrefix.size());
      continue;
    }
    if (line.size() < 2) return std::nullopt;
    const bool read = line[0] == '+';
    line.remove_prefix(1);
    const size_t end = NameEnd(line);
    if (end >= line.size()) return std::nullopt;
    kept.fields.push_back({std::string(line.substr(0, end)), std::string(line.substr(end + 1)), read});
  }
  return kept;
}

bool MayBeAbsent(std::string_view type) { return type.ends_with('?'); }

std::string_view WithoutMark(std::string_view type) {
  if (MayBeAbsent(type)) type.remove_suffix(1);
  return type;
}

std::optional<Type> ScalarOf(std::string_view text) {
  Type type;
  std::string error;
  if (!ParseScalarType(text, &type, &error)) return std::nullopt;
  return type;
}

// Whether each value of `from` is one of `to`, read from the same text to an equal value, and written to an equal one
// by a cast in the store.
bool IsWider(std::string_view from, std::string_view to) {
  if (MayBeAbsent(from) && !MayBeAbsent(to)) return false;
  if (WithoutMark(from) == WithoutMark(to)) return true;
  const auto was = ScalarOf(WithoutMark(from));
  const auto is = ScalarOf(WithoutMark(to));
  if (!was || !is) return false;
  if (was->kind == TypeKind::kInt && is->kind == TypeKind::kDouble) return true;
  return was->kind == TypeKind::kDecimal && is->kind == TypeKind::kDecimal && is->scale >= was->scale &&
         is->width - is->scale >= was->width - was->scale;
}

// What of `wanted` records of the log, which fitted `kept`, may not fit, or may fit otherwise.
std::vector<std::string> SchemaReasons(const Kept& kept, const Kept& wanted, bool is_rows) {
  std::vector<std::string> reasons;
  if (kept.unknown != wanted.unknown && (kept.unknown != kReject || (is_rows && wanted.unknown != kDrop))) {
    reasons.push_back("unknown_fields is " + wanted.unknown + ", was " + kept.unknown);
  }
  for (const KeptField& field : wanted.fields) {
    const KeptField* was = kept.Find(field.name);
    if (was == nullptr) {
      if (!MayBeAbsent(field.type)) {
        reasons.push_back("field " + field.name + " is new and may not be absent: older records no longer fit");
      } else if (kept.unknown != kReject) {
        reasons.push_back("field " + field.name + " is new, and older records may have it");
      } else if (field.read && !is_rows) {
        reasons.push_back("field " + field.name + " is new, and is read");
      }
    } else if (was->type != field.type) {
      const bool only_the_mark = WithoutMark(was->type) == WithoutMark(field.type) && MayBeAbsent(field.type);
      const bool harmless = only_the_mark || ((is_rows || !field.read) && IsWider(was->type, field.type));
      if (!harmless) reasons.push_back("field " + field.name + " is " + field.type + ", was " + was->type);
    }
  }
  for (const KeptField& field : kept.fields) {
    if (wanted.Find(field.name) != nullptr) continue;
    if (is_rows || field.read || wanted.unknown != kDrop) {
      reasons.push_back("field " + field.name + " is gone" +
                        (wanted.unknown == kReject ? ": older records that have it no longer fit" : ""));
    }
  }
  return reasons;
}

bool SameOrder(const Kept& a, const Kept& b) {
  return std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(),
                    [](const KeptField& x, const KeptField& y) { return x.name == y.name; });
}

DefinitionChange Compare(std::string_view kept_text, std::string_view wanted_text, bool is_rows) {
  DefinitionChange change;
  if (kept_text == wanted_text) return change;
  const auto wanted = Parse(wanted_text);
  const auto kept = Parse(kept_text);
  if (!wanted || !kept) {
    change.must_rebuild = !wanted || kept_text != wanted->older;
    if (change.must_rebuild) change.reasons.emplace_back("its definition or the stream's schema is another");
    return change;
  }
  if (kept->query != wanted->query) change.reasons.emplace_back("its SQL, or how its rows are keyed or merged, is another");
  for (std::string& reason : SchemaReasons(*kept, *wanted, is_rows)) change.reasons.push_back(std::move(reason));
  if (!is_rows && wanted->reads_all && change.reasons.empty() && !SameOrder(*kept, *wanted)) {
    change.reasons.emplace_back("the order of the fields is another, and all are read");
  }
  change.must_rebuild = !change.reasons.empty();
  change.columns_change = is_rows && !change.must_rebuild;
  return change;
}

}  // namespace

std::string DefinitionText(const Definition& definition) {
  std::string text = std::string(kHead) + "\n" + definition.older + "\n" + definition.query + "\n";
  text += definition.reads_all ? "all\n" : "named\n";
  const std::string schema = SchemaText(definition.schema);
  std::string_view rest = schema;
  for (const Field& field : definition.schema.fields) {
    text += definition.reads_all || definition.reads.contains(field.name) ? '+' : '-';
    text += std::string(TakeLine(rest)) + "\n";
  }
  return text + std::string(rest);
}

std::string StoredRowsDefinition(const Schema& schema) { return DefinitionText({"", "rows", schema, true, {}}); }

DefinitionChange CompareDefinitions(std::string_view kept, std::string_view wanted) { return Compare(kept, wanted, false); }

DefinitionChange CompareStoredRows(std::string_view kept, std::string_view wanted) { return Compare(kept, wanted, true); }

}  // namespace tailrace
