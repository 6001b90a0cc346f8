// The one name space of streams, tables, views and collections.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/report.h"
#include "config/yaml.h"

namespace tailrace::config {

enum class RelationKind { kStream, kTable, kView, kCollection };

std::string_view KindName(RelationKind kind);  // "stream"

struct Relation {
  std::string name;
  RelationKind kind = RelationKind::kStream;
  const Node* key = nullptr;
  bool broken = false;  // a mistake in it has been told: nothing is said about what reads it
};

class Catalog {
 public:
  // Tells a name that is taken (SQL does not tell case apart). False: `relation` was not added.
  bool Add(Relation relation, Report& report);

  // By the exact name.
  Relation* Find(std::string_view name);
  const Relation* Find(std::string_view name) const;
  // As SQL finds it: case does not count.
  const Relation* FindFolded(std::string_view name) const;

  std::vector<std::string> Names(const std::vector<RelationKind>& kinds) const;

  // A section could not be read: names that are not here may well exist.
  void SetIncomplete() { incomplete_ = true; }
  bool incomplete() const { return incomplete_; }

 private:
  std::vector<std::string> order_;
  std::map<std::string, Relation, std::less<>> by_folded_name_;
  bool incomplete_ = false;
};

// Lower case of ASCII letters, as SQL compares names.
std::string Folded(std::string_view name);

}  // namespace tailrace::config
