// What computing a materialisation anew is told and tells.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tailrace::engine {

struct RebuildOptions {
  bool diff = false;  // hold the new state against the old one before it takes its place
  bool swap = true;   // let it take its place; else it is thrown away at the end
};

struct RebuildProgress {
  int64_t rows_done = 0;  // records of the log
  int64_t rows_all = 0;   // that were in it when the rebuild began, or have come since
};

// A row (or a document) that only one of the two states has.
struct Difference {
  bool in_old = false;       // else in the new one
  int64_t count = 1;         // equal rows of a table
  std::string_view key;      // of a document; empty for rows
  std::string_view json;     // the row as an object; the document
};

// Threads: called on the thread that rebuilds. Ownership: borrowed.
class RebuildListener {
 public:
  virtual ~RebuildListener() = default;
  // After each batch; returns at once.
  virtual void OnProgress(const RebuildProgress& progress) = 0;
  // May block for as long as its reader is slow. The views are valid during the call.
  virtual void OnDifference(const Difference& difference) = 0;
};

struct RebuildOutcome {
  int64_t rows = 0;        // records of the log that were read
  double seconds = 0;
  bool swapped = false;
  bool compared = false;
  int64_t only_in_old = 0;  // rows or documents, when compared
  int64_t only_in_new = 0;
};

}  // namespace tailrace::engine
