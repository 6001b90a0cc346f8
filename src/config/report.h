// Collects every mistake of a pipeline file while it is read.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"
#include "config/source_text.h"

namespace tailrace::config {

// Threads: one. Ownership: borrows `source`.
class Report {
 public:
  Report(const SourceText& source, std::string path) : source_(source), path_(std::move(path)) {}

  // `offset` is a byte of the file. The same text at the same place is told once (an alias is read wherever it is
  // used).
  void Error(size_t offset, std::string message) { Add(offset, Severity::kError, std::move(message)); }
  void Warning(size_t offset, std::string message) { Add(offset, Severity::kWarning, std::move(message)); }

  bool has_errors() const { return has_errors_; }
  const SourceText& source() const { return source_; }

  // In the order of the file; beyond kDiagnosticsMax only their number.
  std::vector<Diagnostic> Finish() const;

  static constexpr size_t kDiagnosticsMax = 200;

 private:
  struct Entry {
    size_t offset;
    Severity severity;
    std::string message;
    auto operator<=>(const Entry&) const = default;
  };

  void Add(size_t offset, Severity severity, std::string message);

  const SourceText& source_;
  std::string path_;
  std::set<Entry> entries_;
  bool has_errors_ = false;
};

}  // namespace tailrace::config
