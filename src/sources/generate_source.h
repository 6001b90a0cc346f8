// Rows made by a SELECT over the row number `i`.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/draw.h"
#include "base/result.h"
#include "model/schema.h"
#include "ports/source.h"

namespace tailrace {

struct GenerateSourceOptions {
  std::string name;     // of the source: the item its positions are under
  std::string sql;      // a SELECT of expressions over `i`, from 0
  int64_t rows = 0;     // how many `i`; 0: without end
  double rate = 0;      // a second; 0: as fast as they are taken
  PauseRange pause;     // before each row, instead of a rate
  uint64_t seed = 0;    // of the pauses
};

// The same `i` always gives the same rows, so it goes on exactly at the `i` where it was left. Paced rows count from
// the first call of Next. Borrows the clock. kInvalid: the SELECT is wrong, or calls what does not depend on `i` alone:
// random(), now() and the like.
Result<std::unique_ptr<Source>> MakeGenerateSource(const GenerateSourceOptions& options, const Schema& schema,
                                                   Clock& clock);

// The first function of the text whose answer changes from call to call; empty when there is none.
std::string ChangingFunction(std::string_view sql);

}  // namespace tailrace
