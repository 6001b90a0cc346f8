// From nodes of the right shape to the parts of a Pipeline. Each reader tells what is wrong beyond the shape, skips
// what is broken, and leaves a Pipeline that is used only when nothing was wrong.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/catalog.h"
#include "config/report.h"
#include "config/spec.h"
#include "config/yaml.h"

namespace tailrace::config {

// Relations, sources, apis and tests of one file, each.
inline constexpr size_t kEntriesMax = 2000;
// Names of streams, fields, tables and all else: they become file names, columns and parts of routes.
inline constexpr size_t kNameBytesMax = 100;

// A SQL text of the file and where its errors go. Keyed by section and name: "tables.products".
struct SqlSource {
  const Node* node = nullptr;
  const Node* key = nullptr;   // the name it belongs to
  const Node* body = nullptr;  // what that name stands for
};

// What the readers share. Threads: one. Ownership: borrows the report and the nodes.
struct Reading {
  Report& report;
  std::string folder;  // of the file, absolute
  Catalog catalog = {};
  Pipeline pipeline = {};
  std::map<std::string, SqlSource, std::less<>> sql = {};
  std::vector<std::string> api_names = {};  // those of broken ones too
  bool apis_incomplete = false;             // the section could not be read
  std::set<std::string> apis_with_broken_params = {};
  std::set<std::string> dashboards_with_broken_params = {};

  Place PlaceOf(const Node& node) const { return report.source().PlaceAt(node.begin); }
  // `path` as it is, or below the file's folder.
  std::string Absolute(std::string_view path) const;
};

// The entries of a section, without those whose name or body cannot be used. A section that is not a mapping makes the
// catalog incomplete.
std::vector<Entry> EntriesOf(const Node& root, std::string_view section, Reading& reading);

// The value of a key, nullptr when it is not there, null, or broken.
const Node* Find(const Node& mapping, std::string_view key);
std::string TextOr(const Node& mapping, std::string_view key, std::string_view fallback);
bool BoolOr(const Node& mapping, std::string_view key, bool fallback);
int64_t IntegerOr(const Node& mapping, std::string_view key, int64_t fallback);
std::vector<std::string> TextsOf(const Node& mapping, std::string_view key);

// The value of `key` as SQL with the places of its lines; it is noted in reading.sql as SECTION.NAME.
SqlText ReadSql(const Entry& entry, std::string_view section, Reading& reading);

// The same of any node; noted under `name`.
SqlText ReadSqlNode(const Node& node, const Entry& owner, const std::string& name, Reading& reading);

// A type of a schema. False: a mistake in it was told.
bool ReadType(const Node& node, Type* type, Reading& reading);

struct Route {
  std::string method;
  std::string path;
};

// The doors and answers beside the server's own.
class Routes {
 public:
  // `POST /orders`. Tells a wrong one, one of the server's own, and one that is taken.
  std::optional<Route> Read(const Node& node, const std::vector<std::string_view>& methods, Reading& reading);
  // The same for a route that is not written; `node` is what it belongs to.
  std::optional<Route> Claim(Route route, const Node& node, Reading& reading);

 private:
  std::map<std::string, int> line_by_route_;
};

std::optional<FileFormat> FormatOf(const Node& mapping, std::string_view path);
TextEncoding EncodingOf(const Node& mapping);

DatabaseSourceSpec ReadDatabase(const Entry& entry, DatabaseEngine engine, Reading& reading);
// `pause` and `seed`.
void ReadPause(const Node& body, GenerateSourceSpec* generate, Reading& reading);

void ReadStreams(const Node& root, Reading& reading);
void ReadSources(const Node& root, Routes& routes, Reading& reading);
void ReadRelations(const Node& root, Reading& reading);  // tables, views, collections
void ReadApis(const Node& root, Routes& routes, Reading& reading);
void ReadDashboards(const Node& root, Reading& reading);
void ReadLake(const Node& root, Reading& reading);
// Once the columns of all relations are known.
void CheckLakeColumns(const Node& root, Reading& reading);
void ReadJobs(const Node& root, Reading& reading);    // behind all that they name, and the server
void ReadAlerts(const Node& root, Reading& reading);  // and notify; behind the streams
void ReadServer(const Node& root, Reading& reading);

}  // namespace tailrace::config
