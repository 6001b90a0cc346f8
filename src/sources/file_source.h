// Files as a source: every file that a glob names, in the order of their names, each read to its end and gone on with
// where it was left.
//
// A file is known by its identity (input_file.h), so renaming it changes nothing, and a file put in its place is a new
// one. With a position goes a checksum of the file's first 4 KiB: a file that was written anew in place, or cut below
// the position, is an error that names it, never read from the middle.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/schema.h"
#include "ports/source.h"
#include "sources/row_format.h"

namespace tailrace {

enum class SourceFormat { kCsv, kJson, kJsonLines, kParquet, kXml };

struct FileSourceOptions {
  std::string path;                   // a glob; endings .gz and .zst (but of Parquet) are unpacked
  SourceFormat format = SourceFormat::kCsv;
  bool latin1 = false;                // else UTF-8
  // Where the records of a document are. Of JSON in UTF-8: empty, it is one. Of XML: always.
  std::string records;
  bool partitions = false;            // folders `name=value` of the path are fields of each row
  bool watch = false;  // go on with files that come and grow, without end; a row counts once its line has ended
  std::chrono::milliseconds poll{200};  // how often to look when watching; more rarely where there are many files
  size_t row_bytes_max = kRowBytesMax;
  // The stream's key (empty: it has none), where whole rows go to one stream: rows may then be marked as checked by its schema.
  std::optional<std::string> key = std::nullopt;
};

// Whether a name is that of an XML document, packed or not.
bool IsXmlPath(std::string_view path);

// `schema` is that of the stream that whole rows go to, and says what an empty field of CSV is; where only parts of
// rows are wanted it is empty and drops unknown fields. Errors of Next: those of Source; kInvalid, kConflict,
// kCorruption concern one file, which they name: a further call goes on with the next one. kNotFound: no file matches,
// and none is waited for.
Result<std::unique_ptr<Source>> MakeFileSource(const FileSourceOptions& options, const Schema& schema);

}  // namespace tailrace
