#include "app/binary_answers.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

#include "base/file_system.h"

namespace tailrace::app {
namespace {

// A file that is gone when this is.
struct PassingFile {
  explicit PassingFile(std::string where) : path(std::move(where)) {}
  PassingFile(const PassingFile&) = delete;
  PassingFile& operator=(const PassingFile&) = delete;
  ~PassingFile() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
  const std::string path;
};

}  // namespace

Result<server::BinaryAnswer> ExportedAnswers::Make(const QueryRequest& request, server::BinaryForm form, size_t bytes_max, const std::stop_token& stop) {
  return form == server::BinaryForm::kParquet ? MakeParquet(request, bytes_max, stop) : MakeArrow(request, bytes_max, stop);
}

Result<server::BinaryAnswer> ExportedAnswers::MakeParquet(const QueryRequest& request, size_t bytes_max, const std::stop_token& stop) {
  TR_RETURN_IF_ERROR(MakeDirectories(PosixFileSystem(), services_.staging));
  const PassingFile staged(fmt::format("{}/answer-{}", services_.staging, files_.fetch_add(1)));
  FileExportRequest order;
  order.query = request;
  order.select_list = FileTypesOf;
  order.path = staged.path;
  TR_TRY(FileExportSummary exported, services_.exporter.Export(order, stop));
  server::BinaryAnswer answer;
  answer.summary = {static_cast<size_t>(exported.rows), exported.truncated, std::move(exported.as_of)};
  TR_TRY(const auto file, PosixFileSystem().Open(staged.path, OpenMode::kRead));
  TR_TRY(const int64_t size, file->Size());
  answer.is_over = static_cast<size_t>(size) > bytes_max;
  if (answer.is_over) return answer;
  answer.bytes.resize(static_cast<size_t>(size));
  TR_TRY(const size_t read, file->ReadAt(0, answer.bytes));
  if (read != answer.bytes.size()) return Fail(Error::Unavailable(staged.path + " ended early"));
  return answer;
}

Result<server::BinaryAnswer> ExportedAnswers::MakeArrow(const QueryRequest& request, size_t bytes_max, const std::stop_token& stop) {
  server::BinaryAnswer answer;
  const auto take = [&](std::string_view bytes) {
    answer.is_over = answer.is_over || answer.bytes.size() + bytes.size() > bytes_max;
    if (!answer.is_over) answer.bytes += bytes;
    return !answer.is_over;
  };
  TR_TRY(answer.summary, services_.exporter.ExportArrow(request, FileTypesOf, take, stop));
  return answer;
}

}  // namespace tailrace::app
