// One run of the YAML parser over a piece of the file, as nodes. Used by ParseYaml alone.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "config/yaml.h"

namespace tailrace::config {

struct SyntaxFault {
  size_t offset = 0;
  std::string message;
};

struct Piece {
  Node* root = nullptr;              // what was read before the fault, if anything
  std::optional<SyntaxFault> fault;  // the text is not YAML
  bool limit_reached = false;        // told already; nothing more should be read
};

enum class AliasScope { kComplete, kPartial };  // kPartial: an anchor may stand in a piece that is not read

// Threads: one. Ownership: borrows all.
class YamlBuilder {
 public:
  YamlBuilder(const SourceText& source, const YamlLimits& limits, Tree& tree, Report& report)
      : source_(source), limits_(limits), tree_(tree), report_(report) {}

  // `text` stands in the file at `base`, the start of a line, byte for byte (a character may have been blanked).
  Piece Build(std::string_view text, size_t base, AliasScope scope);

  // Nodes built by one call of Build and the next count together; this starts again.
  void ResetCount() { reached_ = 0; }

 private:
  class Run;

  const SourceText& source_;
  const YamlLimits& limits_;
  Tree& tree_;
  Report& report_;
  size_t reached_ = 0;
};

// Tells every key that is repeated and leaves the first.
void RefuseRepeatedKeys(Node& mapping, Report& report);

}  // namespace tailrace::config
