// Whole objects by name: a folder, or a store behind an API, of which no more is asked than all of them can.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace {

struct ObjectInfo {
  std::string name;
  int64_t bytes = 0;
};

// Names are UTF-8 with "/" between their parts; no part is empty, "." or "..", and none ends in ".tmp" (kInvalid).
// Threads:    thread-safe; of two that put the same name, PutIfAbsent lets one win.
// Errors:     kNotFound = no such object; kExhausted = no room; kUnavailable = try again, the outcome of a write is unknown.
// Durability: what a call has told is on stable storage. An object is there whole or not at all, at every moment.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // There is one afterwards, whatever was there before.
  virtual Status Put(const std::string& name, std::string_view bytes) = 0;

  // False: one is there already, and is left as it is.
  virtual Result<bool> PutIfAbsent(const std::string& name, std::string_view bytes) = 0;

  // As Put, of a file of this machine, which is gone afterwards: for what does not fit into memory.
  virtual Status PutFile(const std::string& name, const std::string& path) = 0;

  // kExhausted: it has more than `bytes_max`.
  virtual Result<std::string> Get(const std::string& name, int64_t bytes_max) = 0;

  // Those whose name begins with `prefix` (which ends in "/", or is empty), by name.
  virtual Result<std::vector<ObjectInfo>> List(const std::string& prefix) = 0;

  // Fine when there is none.
  virtual Status Delete(const std::string& name) = 0;
};

// Whether `name` may be the name of an object.
bool IsObjectName(std::string_view name);

}  // namespace tailrace
