// JSON documents by key, in named collections.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/flow.h"
#include "model/ids.h"

namespace tailrace {

// How a change meets the document that is there.
enum class MergeMode {
  kReplace,     // the change is the document
  kAttributes,  // top-level attributes replaced whole
  kDeep,        // objects merged at every level; null is a value
  kPatch,       // RFC 7396: null removes
};

struct CollectionPlan {
  std::string name;
  std::string stream;                  // empty: over views, rewritten whole
  MergeMode merge = MergeMode::kReplace;
  std::vector<std::string> index;      // indexed fields
  std::string fingerprint;
  int32_t partitions = 1;              // of the stream
};

struct CollectionState {
  std::string name;
  Positions positions;
  bool changed = false;                // definition differs: rebuild first
  Offset letters;                      // the next entry of the stream's dead-letter log, from which records are sent again
  Flow flow;                           // of all it has consumed, committed with the positions
  int64_t commits = 0;                 // that made it; each has the next number, from 1
  Positions counted_from = {};  // what it consumed below these was not counted, by a version that did not; empty: all was
  std::vector<std::string> reasons = {};  // why, for people
};

// What one Apply consumes.
struct ConsumedStep {
  Positions positions;                 // after it
  std::optional<Offset> letters = std::nullopt;  // the same of the dead-letter log; nullopt: as before
  Flow flow = {};                      // of the records between before and after
  int64_t time_ms = 0;                 // wall clock, for the journal of commits
};

struct DocumentChange {
  std::string_view key;
  std::string_view document;                                   // JSON
  std::vector<std::optional<std::string_view>> indexed;        // in the order of CollectionPlan::index
};

struct Document {
  std::string key;
  std::string json;
};

struct DocumentQuery {
  std::string field;                   // empty: all
  std::string value;
  size_t limit = 100;
  std::string after;                   // key; exclusive
};

struct DocumentPage {
  std::vector<Document> documents;     // by key, ascending
  std::string next;                    // pass as `after`; empty at the end
};

// Threads:    Adopt, Apply, Replace and shadows from one thread; Get, Find and CollectionPositions from any.
// Errors:     kNotFound; kInvalid = not JSON, or not an object where the merge needs one, or a document too large, or a field without an index;
//             kConflict = built by another definition, to be rebuilt first; kExhausted = the disk is full; kCorruption = a document, which is
//             named, is not what was written. A failed change left nothing of its batch.
// Durability: changes, positions and counters are on stable storage, together, when Apply or Replace returns.
class DocumentStore {
 public:
  virtual ~DocumentStore() = default;

  // Creates what is missing and tells where everything stands. Once, before all else.
  virtual Result<std::vector<CollectionState>> Adopt(const std::vector<CollectionPlan>& plans) = 0;

  // Merges the changes in order, reading and writing each document once, and stores positions and counters with them. A document's indexed
  // fields are those of its last change. Returns what became of all that the collection has consumed so far.
  virtual Result<Flow> Apply(std::string_view collection, const std::vector<DocumentChange>& changes, const ConsumedStep& step) = 0;

  // Makes these the whole collection, of the adopted definition; of one key the last counts.
  virtual Status Replace(std::string_view collection, const std::vector<DocumentChange>& documents) = 0;

  virtual Result<Document> Get(std::string_view collection, std::string_view key) = 0;
  virtual Result<DocumentPage> Find(std::string_view collection, const DocumentQuery& query) = 0;
  virtual Result<Positions> CollectionPositions(std::string_view collection) = 0;

  // As in Warehouse: an empty shadow that Apply, Get and Find take as `collection` + "@shadow", then put in place atomically.
  virtual Status BeginShadow(std::string_view collection) = 0;
  virtual Status FinishShadow(std::string_view collection) = 0;
};

}  // namespace tailrace
