// Which commit everything stands at, so that an answer can be known to be of now.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ports/warehouse.h"
#include "server/services.h"

namespace tailrace::server {

// Kind and name of stored rows or of a table, as MaterializationProgress has them.
using MadeFrom = std::vector<std::pair<std::string, std::string>>;

// A moment of the progress. Threads: a value.
class CommitVersions {
 public:
  static CommitVersions Now(const Progress& progress);

  // Two are equal when nothing of it was committed between them. Only of one run of the program.
  std::string Of(const MadeFrom& made_from) const;

  // By stream the lowest position of what is read.
  std::vector<AsOf> Positions(const MadeFrom& made_from) const;

 private:
  struct Made {
    std::string stream;
    tailrace::Positions positions;
    int64_t commits = 0;
  };
  std::map<std::pair<std::string, std::string>, Made> made_;
};

}  // namespace tailrace::server
