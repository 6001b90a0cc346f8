// What a pipeline's data was last run as, in a file beside the data: readable while a server holds the folder, and the only place that
// remembers what clients of the APIs saw. Drawn in docs/formats/definitions.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/spec.h"

namespace tailrace::app {

struct KeptStream {
  std::string name;
  int64_t partitions = 1;
  std::string key;
};

// Stored rows, a table, or a collection over a stream.
struct KeptMade {
  std::string kind;  // "rows", "table", "collection"
  std::string name;
  std::string stream;
  std::string definition;  // model/definition.h
};

struct KeptApi {
  std::string name;
  std::string method;
  std::string route;
  std::vector<std::string> params;
  std::vector<config::ColumnSpec> columns;
};

struct KeptDefinitions {
  std::vector<KeptStream> streams;
  std::vector<KeptMade> made;
  std::vector<KeptApi> apis;
  std::map<std::string, std::vector<config::ColumnSpec>> columns;  // of streams, tables and views
};

KeptDefinitions DefinitionsOf(const config::Pipeline& pipeline);

std::string DefinitionsJson(const KeptDefinitions& definitions);
// kInvalid: not such a text, or of another version.
Result<KeptDefinitions> ParseDefinitions(const std::string& json);

// Replaces the file as a whole. Durability: on stable storage when it returns.
Status WriteDefinitions(const std::string& data, const config::Pipeline& pipeline);
// kNotFound: the data was not run by a version that writes it.
Result<KeptDefinitions> ReadDefinitions(const std::string& data);

}  // namespace tailrace::app
