// One file being read: the part of a file source that knows the format.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "model/schema.h"
#include "ports/source.h"
#include "sources/input_file.h"
#include "sources/row_format.h"

namespace tailrace {

// Threads: one.
class FileItem {
 public:
  virtual ~FileItem() = default;

  // The next rows, about `bytes_max` of them; the rows are valid until the next call. `item_done`: the file has no more
  // now. Sets rows, next, detail and item_done.
  virtual Result<SourceBatch> Next(size_t bytes_max, std::stop_token stop) = 0;
};

struct TextItemOptions {
  size_t row_bytes_max = kRowBytesMax;
  bool follow = false;   // a last line without its end is still being written
};

// Opens a text file where `resume` left it. kConflict, naming the file: it was cut or written anew since.
Result<std::unique_ptr<FileItem>> OpenTextItem(std::unique_ptr<InputFile> file, std::unique_ptr<RowFormat> format,
                                               const TextItemOptions& options, const ResumePoint& resume);

struct XmlItemOptions {
  std::string records;   // the way to the elements that are records
  size_t row_bytes_max = kRowBytesMax;
  bool follow = false;   // a document without its end is still being written
};

// Opens an XML document; places are the bytes at which records begin.
Result<std::unique_ptr<FileItem>> OpenXmlItem(std::unique_ptr<InputFile> file, const Schema& schema,
                                              const XmlItemOptions& options, const ResumePoint& resume);

// Opens a Parquet file; places are row numbers.
Result<std::unique_ptr<FileItem>> OpenParquetItem(std::unique_ptr<InputFile> file, const Schema& schema,
                                                  const ResumePoint& resume);

}  // namespace tailrace
