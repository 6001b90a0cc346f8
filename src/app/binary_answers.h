// Answers of queries as Parquet files and Arrow streams, made of what the warehouse exports.
#pragma once

#include <atomic>
#include <cstdint>

#include "app/file_export.h"
#include "server/binary_answers.h"

namespace tailrace::app {

// A Parquet file is written by the warehouse into the staging folder, under a name of its own, read into memory and gone when the call ends;
// what a kill leaves there the next start removes with the folder.
// Threads: thread-safe.
class ExportedAnswers final : public server::BinaryAnswers {
 public:
  explicit ExportedAnswers(ExportServices services) : services_(std::move(services)) {}

  Result<server::BinaryAnswer> Make(const QueryRequest& request, server::BinaryForm form, size_t bytes_max, const std::stop_token& stop) override;

 private:
  Result<server::BinaryAnswer> MakeParquet(const QueryRequest& request, size_t bytes_max, const std::stop_token& stop);
  Result<server::BinaryAnswer> MakeArrow(const QueryRequest& request, size_t bytes_max, const std::stop_token& stop);

  const ExportServices services_;
  std::atomic<int64_t> files_ = 0;
};

}  // namespace tailrace::app
