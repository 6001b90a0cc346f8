#include "config/quote_traps.h"

#include <algorithm>

namespace tailrace::config {
namespace {

constexpr std::string_view kSqlKey = "sql";

bool IsPlainText(const Node& node) { return node.plain() && !node.absent && !node.broken; }

int OpenBrackets(std::string_view text) {
  return static_cast<int>(std::count(text.begin(), text.end(), '(') - std::count(text.begin(), text.end(), ')'));
}

// Takes the file's text from `first` to `last` as the text of `first`, and tells.
void Join(Node& first, const Node& last, Report& report) {
  first.end = last.end;
  first.text = report.source().text().substr(first.begin, first.end - first.begin);
  report.Error(first.begin, "a comma cuts this text in two: quote it, " + Quoted(first.text));
}

// `{a: decimal(12,3)}` and `{sql: SELECT a, b}`: what follows the comma looks like keys without values.
void MendMapping(Node& mapping, Report& report) {
  std::vector<Entry> kept;
  for (size_t i = 0; i < mapping.entries.size();) {
    const Entry& entry = mapping.entries[i++];
    kept.push_back(entry);
    if (!IsPlainText(*entry.value)) continue;
    const size_t first_cut = i;
    while (i < mapping.entries.size() && mapping.entries[i].value->absent) ++i;
    if (i > first_cut) Join(*entry.value, *mapping.entries[i - 1].key, report);
  }
  mapping.entries = std::move(kept);
}

// `[decimal(12,3)]`.
void MendSequence(Node& sequence, Report& report) {
  std::vector<Node*> kept;
  for (size_t i = 0; i < sequence.items.size();) {
    Node* item = sequence.items[i++];
    kept.push_back(item);
    if (!IsPlainText(*item)) continue;
    int open = OpenBrackets(item->text);
    size_t end = i;
    while (open > 0 && end < sequence.items.size() && IsPlainText(*sequence.items[end])) {
      open += OpenBrackets(sequence.items[end++]->text);
    }
    if (end == i || open != 0) continue;
    Join(*item, *sequence.items[end - 1], report);
    i = end;
  }
  sequence.items = std::move(kept);
}

// A comment is fine behind a whole text; behind one whose brackets or quotes are open it was meant as part of it.
void TellComment(const Entry& entry, Report& report) {
  Node& value = *entry.value;
  if (!IsPlainText(value)) return;
  const bool open_quote = entry.key->text == kSqlKey && std::count(value.text.begin(), value.text.end(), '\'') % 2 != 0;
  if (!open_quote && OpenBrackets(value.text) <= 0) return;
  if (!IsCutByComment(value, report.source())) return;
  report.Error(value.begin, "\" #\" begins a comment and cuts this text: quote it");
  value.broken = true;
}

}  // namespace

bool IsCutByComment(const Node& scalar, const SourceText& source) {
  if (!scalar.plain() || scalar.absent) return false;
  const std::string_view rest = source.text().substr(scalar.end);
  const size_t next = rest.find_first_not_of(" \t");
  return next != std::string_view::npos && next > 0 && rest[next] == '#';
}

void MendCutTexts(const Tree& tree, Report& report) {
  for (Node* node : ReachableNodes(tree)) {
    if (node->kind == NodeKind::kSequence && node->flow) MendSequence(*node, report);
    if (node->kind != NodeKind::kMapping) continue;
    if (node->flow) MendMapping(*node, report);
    for (const Entry& entry : node->entries) TellComment(entry, report);
  }
}

}  // namespace tailrace::config
