// YAML text as a tree of nodes, each of which knows its place in the file. libfyaml is wrapped here and nowhere else.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/report.h"

namespace tailrace::config {

enum class NodeKind { kScalar, kMapping, kSequence };
enum class ScalarStyle { kPlain, kSingleQuoted, kDoubleQuoted, kLiteral, kFolded };

// A piece of a scalar that was put in for a `${...}`.
struct Replacement {
  size_t begin = 0;  // in Node::text
  size_t length = 0;
  size_t written_begin = 0;  // in Node::written
  size_t written_length = 0;
  bool secret = false;  // came from outside the file: never shown
};

struct Node;

struct Entry {
  Node* key = nullptr;  // always a scalar
  Node* value = nullptr;
};

struct Node {
  NodeKind kind = NodeKind::kScalar;
  ScalarStyle style = ScalarStyle::kPlain;
  bool flow = false;     // a mapping in {} or a sequence in []
  bool is_key = false;   // of a mapping
  bool partial = false;  // read after a syntax error: entries may be missing
  bool absent = false;   // nothing is written here, as after `key:`
  bool broken = false;   // a mistake in it has been told: what needs its value is left out in silence
  size_t begin = 0;      // bytes of the file, of a quoted scalar without its quotes
  size_t end = 0;
  size_t parent_indent = 0;  // of a block scalar: column of the block it stands in, from 0
  std::string text;          // of a scalar
  std::string written;  // the same before `${...}` was replaced: what messages show. Empty when nothing was replaced.
  std::vector<Replacement> replacements;
  std::vector<Entry> entries;
  std::vector<Node*> items;

  bool plain() const { return kind == NodeKind::kScalar && style == ScalarStyle::kPlain; }
  // YAML's null: nothing, ~, null.
  bool null() const;
  const std::string& shown() const { return replacements.empty() ? text : written; }
  const Entry* Find(std::string_view key) const;
  Node* Value(std::string_view key) const;  // nullptr when there is none
};

// Owns the nodes. An alias is the node it names, so a tree may reach one node by several ways; what can be reached is
// bounded.
struct Tree {
  std::deque<Node> nodes;
  Node* root = nullptr;  // nullptr when nothing could be read
  Node* NewNode() { return &nodes.emplace_back(); }
};

struct YamlLimits {
  size_t bytes_max = size_t{10} << 20;
  size_t depth_max = 64;
  size_t nodes_max = 250'000;  // reached from the root, aliases counted at each use
};

// The nodes that can be reached from the root, each once. Others belong to text that was read again after a syntax
// error.
std::vector<Node*> ReachableNodes(const Tree& tree);

// Every mistake of the text goes to `report`. After one of syntax, sections and entries that can be read on their own
// are. Errors of the text as a whole (too large, not UTF-8) leave the tree without root.
Tree ParseYaml(const SourceText& source, const YamlLimits& limits, Report& report);

}  // namespace tailrace::config
