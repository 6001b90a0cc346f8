// A small log of one partition as files, made by the log itself, for targets that damage it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fault_file_system.h"
#include "fuzz.h"
#include "log/file_names.h"
#include "log/log.h"
#include "ports/testing/append_and_wait.h"

namespace tailrace::fuzz {

inline constexpr StreamId kStream{0};
inline constexpr PartitionId kPartition{0};
inline const std::string kDirectory = "/data/log/s/0";

inline log::LogOptions OptionsOf(log::Compression compression, int64_t segment_bytes) {
  log::LogOptions options;
  options.directory = "/data";
  options.segment_bytes = segment_bytes;
  options.zero_step_bytes = 512;
  options.compression = compression;
  options.fence_retry = std::chrono::milliseconds(1);
  options.recycled_segments_max = 0;
  return options;
}

// Name in the partition's directory, and bytes.
using LogFiles = std::map<std::string, std::string>;

inline std::unique_ptr<log::Log> OpenLog(FileSystem& files, const log::LogOptions& options, Clock& clock) {
  auto log = log::Log::Open(options, {{"s", "log/s", 1}}, files, clock);
  return log ? std::move(*log) : nullptr;
}

inline void Put(FileSystem& files, const std::string& path, std::string_view bytes) {
  auto file = files.Open(path, OpenMode::kCreate);
  Require(file.has_value(), "a file can be made");
  Require((*file)->Truncate(0).has_value() && (*file)->WriteAt(0, bytes).has_value() && (*file)->Sync().has_value(), "and written");
}

// The directory of the partition filled with these files, as a process that was killed left them.
inline void Restore(FileSystem& files, const LogFiles& of) {
  Require(MakeDirectories(files, kDirectory).has_value(), "a directory can be made");
  for (const auto& [name, bytes] : of) Put(files, kDirectory + "/" + name, bytes);
}

// Batches of some records, keys and positions over several segments.
inline LogFiles MakeLog(const log::LogOptions& options, int appends, size_t value_bytes) {
  FaultFileSystem files;
  ManualClock clock({1'700'000'000'000'000});
  auto log = OpenLog(files, options, clock);
  Require(log != nullptr, "a new log opens");
  for (int i = 0; i < appends; ++i) {
    clock.Advance(std::chrono::milliseconds(1500));
    std::vector<std::string> values;
    for (int j = 0; j <= i % 3; ++j) values.push_back("{\"n\":" + std::to_string(i) + ",\"t\":\"" + std::string(value_bytes + static_cast<size_t>(i * 7 % 60), 'x') + "\"}");
    const SourcePosition position{"file", "item", i, "line"};
    const std::string key = i % 2 == 0 ? "request " + std::to_string(i) : "";
    Require(AppendValues(*log, kStream, kPartition, values, key, i % 3 == 0 ? &position : nullptr).has_value(), "an append works");
  }
  log->Stop();
  log.reset();
  LogFiles made;
  const std::vector<std::string> names = files.List(kDirectory).value();
  for (const std::string& name : names) {
    made[name] = ReadFile(files, kDirectory + "/" + name, int64_t{1} << 20).value();
  }
  return made;
}

// Changes bytes as the input says, a few times.
inline void Damage(Choices& choices, std::string* bytes) {
  constexpr int kEditsMax = 8;
  for (int edit = 0; edit < kEditsMax && !choices.rest().empty(); ++edit) {
    const uint8_t operation = choices.Byte();
    const size_t at = choices.Below(bytes->size() + 1);
    const size_t size = choices.Byte() % 32 + size_t{1};
    switch (operation % 6) {
      case 0: bytes->replace(std::min(at, bytes->size()), std::min(size, bytes->size() - at), choices.Take(size)); break;
      case 1: bytes->resize(at); break;
      case 2: bytes->insert(at, choices.Take(size)); break;
      case 3: bytes->erase(at, size); break;
      case 4: bytes->insert(at, bytes->substr(choices.Below(bytes->size() + 1), size * 8)); break;
      default:
        if (at < bytes->size()) (*bytes)[at] = static_cast<char>((*bytes)[at] ^ (1 << size % 8));
        break;
    }
  }
}

}  // namespace tailrace::fuzz
