#include "app/file_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "app/folder.h"
#include "app/server_load.h"

namespace tailrace::app {
namespace {

Result<LoadResult> LoadIntoFolder(Runtime& runtime, const FileLoad& load, const LoadProgress& progress,
                                  const std::stop_token& stop) {
  TR_RETURN_IF_ERROR(runtime.Start());
  LoadResult result;
  TR_TRY(result.summary, runtime.LoadFile(
                             load.file, load.stream,
                             [&](const SourceSummary& summary, int64_t done, int64_t all) {
                               progress({summary.accepted + summary.refused, done, all});
                             },
                             stop));
  result.summary.name = load.stream;
  progress({.catching_up = true});
  TR_RETURN_IF_ERROR(runtime.WaitCaughtUp(stop));
  TR_RETURN_IF_ERROR(runtime.FlushLake());
  return result;
}

}  // namespace

Result<LoadResult> LoadFile(config::Pipeline pipeline, const FileLoad& load, const LoadProgress& progress,
                            const std::stop_token& stop) {
  const auto runtime = OpenFolder(pipeline);
  if (runtime) return LoadIntoFolder(**runtime, load, progress, stop);
  if (runtime.error().code() != ErrorCode::kConflict) return Fail(runtime.error());
  auto posted = LoadIntoServer(pipeline, load, progress, stop);
  if (posted || posted.error().code() != ErrorCode::kUnavailable) return posted;
  return Fail(NobodyToAsk(runtime.error(), posted.error()));
}

std::optional<config::FileFormat> FormatOfName(std::string_view path) {
  if (path == ".delta") return config::FileFormat::kParquet;
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (path.ends_with(packed)) path.remove_suffix(packed.size());
  }
  const std::string_view ending = path.substr(std::min(path.rfind('.'), path.size()));
  if (ending == ".csv") return config::FileFormat::kCsv;
  if (ending == ".json" || ending == ".xml") return config::FileFormat::kJson;
  if (ending == ".jsonl" || ending == ".ndjson") return config::FileFormat::kJsonl;
  if (ending == ".parquet") return config::FileFormat::kParquet;
  return std::nullopt;
}

}  // namespace tailrace::app
