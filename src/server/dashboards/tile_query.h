// What the SQL of a tile comes to: the text that runs, and what its answer depends on.
#pragma once

#include <cstddef>
#include <string>

#include "config/spec.h"
#include "server/dashboards/commit_versions.h"

namespace tailrace::server {

struct TileQuery {
  std::string sql;
  MadeFrom made_from;  // the stored rows and tables below all views
  // It reads the clock, tables of jobs or what the system tells of itself: no commit says when its answer changes.
  bool changes_by_itself = false;
};

// `order_by` is added where it is not empty; then no more than one row beyond `rows_max` is computed.
TileQuery MakeTileQuery(const config::Pipeline& pipeline, const std::string& sql, const std::string& order_by, size_t rows_max);

}  // namespace tailrace::server
