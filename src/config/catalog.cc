#include "config/catalog.h"

#include <algorithm>

namespace tailrace::config {

std::string_view KindName(RelationKind kind) {
  switch (kind) {
    case RelationKind::kStream:
      return "stream";
    case RelationKind::kTable:
      return "table";
    case RelationKind::kView:
      return "view";
    case RelationKind::kCollection:
      return "collection";
  }
  return "relation";
}

std::string Folded(std::string_view name) {
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

bool Catalog::Add(Relation relation, Report& report) {
  const std::string folded = Folded(relation.name);
  const auto taken = by_folded_name_.find(folded);
  if (taken == by_folded_name_.end()) {
    order_.push_back(folded);
    by_folded_name_.emplace(folded, std::move(relation));
    return true;
  }
  const Relation& first = taken->second;
  const std::string where = "on line " + std::to_string(report.source().PlaceAt(first.key->begin).line);
  const std::string what = "the " + std::string(KindName(first.kind)) + " " + Quoted(first.name) + " " + where;
  report.Error(relation.key->begin, first.name == relation.name
                                        ? Quoted(relation.name) + " is also the name of " + what
                                        : Quoted(relation.name) + " differs only in case from " + what +
                                              ", and SQL does not tell them apart");
  return false;
}

const Relation* Catalog::FindFolded(std::string_view name) const {
  const auto found = by_folded_name_.find(Folded(name));
  return found == by_folded_name_.end() ? nullptr : &found->second;
}

const Relation* Catalog::Find(std::string_view name) const {
  const Relation* found = FindFolded(name);
  return found != nullptr && found->name == name ? found : nullptr;
}

Relation* Catalog::Find(std::string_view name) {
  return const_cast<Relation*>(static_cast<const Catalog*>(this)->Find(name));
}

std::vector<std::string> Catalog::Names(const std::vector<RelationKind>& kinds) const {
  std::vector<std::string> names;
  for (const std::string& folded : order_) {
    const Relation& relation = by_folded_name_.find(folded)->second;
    if (std::find(kinds.begin(), kinds.end(), relation.kind) != kinds.end()) names.push_back(relation.name);
  }
  return names;
}

}  // namespace tailrace::config
