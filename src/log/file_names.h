// Names of the files of a partition. See docs/formats/log.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tailrace::log {

inline constexpr std::string_view kSegmentSuffix = ".log";
inline constexpr std::string_view kOffsetIndexSuffix = ".index";
inline constexpr std::string_view kTimeIndexSuffix = ".timeindex";
inline constexpr std::string_view kSnapshotSuffix = ".snapshot";
inline constexpr std::string_view kRecycledSuffix = ".recycled";  // a zeroed segment that waits for use
inline constexpr std::string_view kZeroingSuffix = ".zeroing";    // one that is not zeroed yet

inline constexpr std::string_view kQuarantineSuffix = ".quarantine";  // what a repair took out or set aside

inline constexpr std::string_view kSyncedName = "synced";
inline constexpr std::string_view kFenceName = "fence";
inline constexpr std::string_view kMarksName = "marks";
inline constexpr std::string_view kStreamName = "stream";  // in the directory of the stream

// "<directory>/00000000000000000042.log"
std::string NumberedPath(const std::string& directory, int64_t base_offset, std::string_view suffix);

// The base offset in a name made by NumberedPath; nullopt for any other name.
std::optional<int64_t> NumberOf(std::string_view name, std::string_view suffix);

}  // namespace tailrace::log
