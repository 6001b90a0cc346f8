// How a tile is drawn: its chart and which columns go where, filled in where the file leaves them out.
#pragma once

#include <string_view>

#include "config/reading.h"

namespace tailrace::config {

// Whether a value of a column (DuckDB's spelling of its type) can be given for a parameter.
bool MayBecome(std::string_view column_type, const Type& param);

// Of a tile whose columns are known. `body` is its mapping; what does not fit is told at its key.
// Everything that is wrong is told, but for what only follows from something else that is.
void SettleTile(const DashboardSpec& dashboard, const Node& body, TileSpec* tile, Reading& reading);

// Of a tile whose SQL is not sound: its keys are held against its chart, and against its columns where it has any, whose types are in doubt.
void CheckTileKeys(const DashboardSpec& dashboard, const Node& body, TileSpec* tile, Reading& reading);

}  // namespace tailrace::config
