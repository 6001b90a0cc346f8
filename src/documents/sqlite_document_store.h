// The embedded DocumentStore: one SQLite file.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "ports/commit_journal.h"
#include "ports/document_store.h"

namespace tailrace::documents {

struct SqliteDocumentStoreOptions {
  std::string path;                        // of the file; made when missing, its folder is not
  size_t cache_bytes_max = 64U << 20U;     // of documents kept taken apart
  size_t document_bytes_max = 64U << 20U;  // a change that makes a larger one is refused as kInvalid
  size_t file_bytes_max = 0;               // kExhausted beyond it; 0: as much as the disk holds
};

// A document store that tells its commits.
class JournaledDocuments : public DocumentStore, public CommitJournal {};

// kCorruption, kInvalid: not a documents file, or of another version; kUnavailable: it cannot be opened.
Result<std::unique_ptr<JournaledDocuments>> OpenSqliteDocumentStore(const SqliteDocumentStoreOptions& options);

}  // namespace tailrace::documents
