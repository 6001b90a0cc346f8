// A Delta Lake table as a source: all rows of it as it is, then what later versions add.
//
// One item, whose places count its rows in the order in which they are read: files by their paths, of the version at which reading began,
// then of each later one. A position says which version, file and row come next, so that a table which has grown since is gone on with where
// it was left. A version that takes rows away or changes some is kConflict: what was read cannot be unread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "model/schema.h"
#include "ports/source.h"

namespace tailrace {

struct DeltaSourceOptions {
  std::string folder;
  bool watch = false;                    // go on with versions that come, without end
  std::chrono::milliseconds poll{2'000}; // how often to look for them
};

// `schema` as for MakeFileSource. A row's line is its number in the data file that `item_name` names, from 1. Errors: those of Source and of
// DeltaTable; after one of the item the source has ended.
Result<std::unique_ptr<Source>> MakeDeltaSource(const DeltaSourceOptions& options, const Schema& schema);

}  // namespace tailrace
