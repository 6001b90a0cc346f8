// `poll` sources, and what tests let them be answered.
#pragma once

#include "config/reading.h"
#include "config/spec_poll.h"

namespace tailrace::config {

inline constexpr std::chrono::milliseconds kPollTimeoutMax{3'600'000};
inline constexpr int64_t kPollAnswerBytesMax = int64_t{256} << 20;

PollSourceSpec ReadPoll(const Node& body, Reading& reading);

}  // namespace tailrace::config
