// When something is due, as sources, jobs and alerts write it: every, cron, timezone, catch_up.
#pragma once

#include <optional>

#include "config/reading.h"
#include "schedule/catch_up.h"
#include "schedule/schedule.h"

namespace tailrace::config {

// Of a mapping with `every` or `cron`, and perhaps `timezone`. Nullopt: neither or both, or one that is wrong, which was
// told at `owner` or at the key.
std::optional<schedule::Schedule> ReadSchedule(const Node& body, const Node& owner, Reading& reading);

// `none`, `last`, `all` or `{all: 10}`.
schedule::CatchUp ReadCatchUp(const Node& body, Reading& reading);

}  // namespace tailrace::config
