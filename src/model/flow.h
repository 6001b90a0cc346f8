// What became of the records that a materialisation has consumed.
#pragma once

#include <cstdint>

namespace tailrace {

// Counts of input records. Each record that is read is emitted, filtered or dead-lettered, and only one of them; each is
// counted where that happens, none is worked out from the others, so that Holds can be false.
struct Flow {
  int64_t read = 0;           // consumed: those of the stream, and those that were sent again to this alone
  int64_t emitted = 0;        // have a part in at least one row or document
  int64_t filtered = 0;       // in none: WHERE was not true, there was nothing to unnest, the document's key was null
  int64_t dead_lettered = 0;  // could not be taken, and are kept in the dead letters

  bool Holds() const { return read == emitted + filtered + dead_lettered; }

  Flow& operator+=(const Flow& more) {
    read += more.read;
    emitted += more.emitted;
    filtered += more.filtered;
    dead_lettered += more.dead_lettered;
    return *this;
  }
  bool operator==(const Flow&) const = default;
};

}  // namespace tailrace
