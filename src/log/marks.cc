#include "log/marks.h"

#include "log/checked_file.h"
#include "log/file_names.h"

namespace tailrace::log {
namespace {

constexpr std::string_view kMarksMagic = "TRMARKS1";

std::string PathOf(const std::string& directory) { return directory + "/" + std::string(kMarksName); }

}  // namespace

Status WriteMarks(FileSystem& files, const std::string& directory, const SourcePositions& marks) {
  return WriteCheckedFile(files, PathOf(directory), kMarksMagic, marks.Encode());
}

Result<SourcePositions> ReadMarks(FileSystem& files, const std::string& directory) {
  const auto payload = ReadCheckedFile(files, PathOf(directory), kMarksMagic);
  if (!payload && payload.error().code() == ErrorCode::kNotFound) return SourcePositions();
  if (!payload) return Fail(payload.error());
  auto marks = SourcePositions::Decode(*payload);
  if (!marks) return Fail(marks.error().With(PathOf(directory)));
  return marks;
}

}  // namespace tailrace::log
