#include "config/yaml.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "base/utf8.h"
#include "config/yaml_builder.h"

namespace tailrace::config {
namespace {

constexpr int kRecoveryDepthMax = 6;
constexpr size_t kRecoveryPiecesMax = 2000;
constexpr size_t kOpenBracketsMax = 10'000;  // of any kind, also in texts

// A run of whole lines: one entry of a block mapping, or one item of a block sequence.
struct Lines {
  size_t begin = 0;
  size_t end = 0;
};

struct Layout {
  size_t indent = 0;
  bool sequence = false;
  std::vector<Lines> parts;
};

size_t LineEnd(std::string_view text, size_t from) {
  const size_t end = text.find('\n', from);
  return end == std::string_view::npos ? text.size() : end + 1;
}

// Column of the first character that is neither space nor the start of a comment; npos for a line without content.
size_t ContentColumn(std::string_view line) {
  const size_t column = line.find_first_not_of(" \r\n");
  return column == std::string_view::npos || line[column] == '#' ? std::string_view::npos : column;
}

bool IsItem(std::string_view line, size_t column) {
  return line[column] == '-' && (column + 1 == line.size() || line[column + 1] == ' ' || line[column + 1] == '\n');
}

// Where the entries of the outermost block begin, judged by indentation alone.
Layout LayOut(std::string_view text) {
  Layout layout;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = LineEnd(text, begin);
    const std::string_view line = text.substr(begin, end - begin);
    const size_t column = ContentColumn(line);
    if (column != std::string_view::npos && layout.parts.empty()) {
      layout.indent = column;
      layout.sequence = IsItem(line, column);
    }
    const bool starts = column == layout.indent && IsItem(line, column) == layout.sequence;
    if (column != std::string_view::npos && (layout.parts.empty() || starts)) layout.parts.push_back({begin, begin});
    if (!layout.parts.empty()) layout.parts.back().end = end;
    begin = end;
  }
  return layout;
}

// Reads what can be read of a text with a syntax error: the entries of each block one by one, and those that fail again
// by their own entries, so that the error is told where it is and the rest is checked.
class Recovery {
 public:
  Recovery(YamlBuilder& builder, Tree& tree, Report& report) : builder_(builder), tree_(tree), report_(report) {}

  // `text` stands at `base` of the file and has failed with `fault`.
  Node* Split(const std::string& text, size_t base, const SyntaxFault& fault, int depth);

 private:
  void Merge(Node& whole, const Node* part) const;
  void ReadPart(Node& whole, const std::string& text, size_t base, const Layout& layout, int depth);
  void ReadBroken(Node& whole, const std::string& text, size_t base, const Layout& layout, const SyntaxFault& fault,
                  int depth);
  Node* BrokenNode(size_t offset) const;

  YamlBuilder& builder_;
  Tree& tree_;
  Report& report_;
  size_t pieces_ = 0;
  bool told_ = false;
  bool stopped_ = false;
};

Node* Recovery::BrokenNode(size_t offset) const {
  Node* node = tree_.NewNode();
  node->broken = true;
  node->begin = node->end = offset;
  return node;
}

Node* Recovery::Split(const std::string& text, size_t base, const SyntaxFault& fault, int depth) {
  const Layout layout = LayOut(text);
  if (layout.parts.empty() || depth >= kRecoveryDepthMax) {
    report_.Error(fault.offset, fault.message);
    return BrokenNode(fault.offset);
  }
  Node* whole = tree_.NewNode();
  whole->kind = layout.sequence ? NodeKind::kSequence : NodeKind::kMapping;
  whole->partial = true;
  whole->begin = base + layout.parts.front().begin;
  whole->end = base + text.size();
  told_ = false;
  if (layout.parts.size() == 1) {
    ReadBroken(*whole, text, base, layout, fault, depth);
  } else {
    bool any_told = false;
    for (const Lines& part : layout.parts) {
      told_ = false;
      ReadPart(*whole, text.substr(part.begin, part.end - part.begin), base + part.begin, layout, depth);
      any_told = any_told || told_;
      if (stopped_) break;
    }
    told_ = any_told;
  }
  // Each part is right on its own: the mistake is in how they follow each other.
  if (!told_ && !stopped_) report_.Error(fault.offset, fault.message);
  told_ = true;
  if (whole->kind == NodeKind::kMapping) RefuseRepeatedKeys(*whole, report_);
  return whole;
}

void Recovery::ReadPart(Node& whole, const std::string& text, size_t base, const Layout& layout, int depth) {
  if (++pieces_ > kRecoveryPiecesMax) {
    stopped_ = true;
    return;
  }
  const Piece piece = builder_.Build(text, base, AliasScope::kPartial);
  stopped_ = piece.limit_reached;
  if (!piece.fault) return Merge(whole, piece.root);
  Layout own = layout;
  own.parts = {{0, text.size()}};
  ReadBroken(whole, text, base, own, *piece.fault, depth);
}

// `text` is one entry or item that does not parse: tells why, or looks inside when its content is a block of its own.
void Recovery::ReadBroken(Node& whole, const std::string& text, size_t base, const Layout& layout,
                          const SyntaxFault& fault, int depth) {
  const size_t first = layout.parts.front().begin;
  if (layout.sequence) {
    std::string content = text;
    content[first + layout.indent] = ' ';
    whole.items.push_back(Split(content, base, fault, depth + 1));
    return;
  }
  const std::string_view header = std::string_view(text).substr(first, LineEnd(text, first) - first);
  const size_t colon = header.find(':');
  if (colon == std::string_view::npos) {
    report_.Error(fault.offset, fault.message);
    told_ = true;
    return;
  }
  std::string_view name = header.substr(layout.indent, colon - layout.indent);
  while (!name.empty() && (name.front() == '"' || name.front() == '\'')) name.remove_prefix(1);
  while (!name.empty() && (name.back() == '"' || name.back() == '\'' || name.back() == ' ')) name.remove_suffix(1);
  Node* key = tree_.NewNode();
  key->is_key = true;
  key->text = name;
  key->begin = base + first + layout.indent;
  key->end = key->begin + name.size();
  const bool block_follows = ContentColumn(header.substr(colon + 1)) == std::string_view::npos;
  Node* value = nullptr;
  if (block_follows && first + header.size() < text.size()) {
    const size_t body = first + header.size();
    value = Split(text.substr(body), base + body, fault, depth + 1);
  } else {
    report_.Error(fault.offset, fault.message);
    value = BrokenNode(key->begin);
  }
  told_ = true;
  whole.entries.push_back({key, value});
}

void Recovery::Merge(Node& whole, const Node* part) const {
  if (part == nullptr || part->kind != whole.kind) return;
  whole.entries.insert(whole.entries.end(), part->entries.begin(), part->entries.end());
  whole.items.insert(whole.items.end(), part->items.begin(), part->items.end());
}

// The byte at which more brackets are open than any file needs; libfyaml takes half a minute for megabytes of them.
std::optional<size_t> TooManyOpenBrackets(std::string_view text) {
  size_t open = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[' || text[i] == '{') ++open;
    if ((text[i] == ']' || text[i] == '}') && open > 0) --open;
    if (open > kOpenBracketsMax) return i;
  }
  return std::nullopt;
}

// Bytes that no YAML text may hold. libfyaml would take some of them.
bool RefuseBytes(const SourceText& source, const YamlLimits& limits, Report& report) {
  const std::string_view text = source.text();
  if (text.size() > limits.bytes_max) {
    report.Error(0, "the file is larger than " + std::to_string(limits.bytes_max >> 20) + " MB");
    return true;
  }
  if (const auto wrong = FirstNonUtf8(text)) {
    report.Error(*wrong, "not UTF-8 from here on: save the file as UTF-8");
    return true;
  }
  const auto control = std::find_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
  });
  if (control != text.end()) {
    report.Error(static_cast<size_t>(control - text.begin()), "a control character");
    return true;
  }
  const auto brackets = TooManyOpenBrackets(text);
  if (brackets) report.Error(*brackets, "more than " + std::to_string(kOpenBracketsMax) + " brackets are open here");
  return brackets.has_value();
}

}  // namespace

bool Node::null() const {
  if (kind != NodeKind::kScalar || style != ScalarStyle::kPlain || !replacements.empty() || broken) return false;
  return absent || text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

const Entry* Node::Find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key->text == key) return &entry;
  }
  return nullptr;
}

Node* Node::Value(std::string_view key) const {
  const Entry* entry = Find(key);
  return entry == nullptr ? nullptr : entry->value;
}

std::vector<Node*> ReachableNodes(const Tree& tree) {
  std::vector<Node*> reached;
  std::unordered_set<const Node*> seen;
  const auto reach = [&](Node* node) {
    if (node != nullptr && seen.insert(node).second) reached.push_back(node);
  };
  reach(tree.root);
  for (size_t i = 0; i < reached.size(); ++i) {
    const Node* node = reached[i];
    for (const Entry& entry : node->entries) {
      reach(entry.key);
      reach(entry.value);
    }
    for (Node* item : node->items) reach(item);
  }
  return reached;
}

Tree ParseYaml(const SourceText& source, const YamlLimits& limits, Report& report) {
  Tree tree;
  if (RefuseBytes(source, limits, report)) return tree;
  const std::string text(source.text());
  YamlBuilder builder(source, limits, tree, report);
  const Piece piece = builder.Build(text, 0, AliasScope::kComplete);
  tree.root = piece.root;
  if (piece.limit_reached) tree.root = nullptr;
  if (!piece.fault) return tree;
  builder.ResetCount();
  tree.root = Recovery(builder, tree, report).Split(text, 0, *piece.fault, 0);
  return tree;
}

}  // namespace tailrace::config
