// Records out of an XML document while its text goes by.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/schema.h"
#include "ports/row_batch.h"

namespace tailrace {

// Elements within each other: of a document, and of a record (a dead letter).
inline constexpr size_t kXmlDepthMax = 256;
inline constexpr size_t kXmlRecordDepthMax = 60;
// Elements and attributes of a record: beyond that it is a dead letter.
inline constexpr size_t kXmlNodesMax = 100'000;

// Rows with their own bytes of the file.
class XmlRows {
 public:
  void Clear();
  RowBatch& rows() { return rows_; }
  std::string& raws() { return raws_; }
  size_t bytes() { return rows_.text().size() + raws_.size(); }

  // Behind the last row was added: its bytes are raws() from `begin` on.
  void NoteRaw(size_t begin) { raw_begins_.push_back(begin); }
  std::vector<SourceRow> Take();

 private:
  RowBatch rows_;
  std::string raws_;
  std::vector<size_t> raw_begins_;
};

// Threads: one. Memory: a record, and what is open around it, whatever the size of the document. No entity is ever
// replaced but the five of XML and numbers, and nothing is fetched.
class XmlReader {
 public:
  // `records`: the way to the elements that are records, by names without prefixes: /catalog/book, `*` for any. Records that begin before
  // the byte `from` are stepped over. Rows are read by `schema`.
  XmlReader(std::string_view records, const Schema& schema, size_t row_bytes_max, int64_t from);
  ~XmlReader();

  // Takes the next part of the document. kInvalid, with line and column: it is not well-formed, declares entities, or goes beyond a limit;
  // the rows before that are there, and nothing more can be read.
  Status Feed(std::string_view text, bool final, XmlRows* rows);

  // Behind the last record.
  int64_t next() const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace tailrace
