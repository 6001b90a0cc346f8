// What a route asks of its callers.
#pragma once

#include <vector>

#include "auth/grant.h"

namespace tailrace::server {

// There is no default: whoever makes a route says what it takes.
class Access {
 public:
  enum class Reach {
    kPublic,            // nobody is asked who he is
    kWhole,             // shows or changes the whole pipeline: not for a grant that is limited to parts
    kStreamInPath,      // the stream that the first placeholder names, by name or alias
    kCollectionInPath,  // the collection that the first placeholder names
    kThings,            // these, all of them
    kSigned,            // the same, and the caller may sign the request instead of sending a key: the handler checks Request::is_signed
    kFiltered,          // the handler looks at Exchange::request().caller itself, and shows or takes only what its grant covers
  };

  static Access Public() { return Access(Reach::kPublic, auth::Role::kAdmin, {}); }
  static Access Whole(auth::Role role) { return Access(Reach::kWhole, role, {}); }
  static Access StreamInPath(auth::Role role) { return Access(Reach::kStreamInPath, role, {}); }
  static Access CollectionInPath(auth::Role role) { return Access(Reach::kCollectionInPath, role, {}); }
  static Access Things(auth::Role role, std::vector<auth::Thing> things) { return Access(Reach::kThings, role, std::move(things)); }
  static Access Signed() { return Access(Reach::kSigned, auth::Role::kIngest, {}); }
  static Access Filtered(auth::Role role) { return Access(Reach::kFiltered, role, {}); }

  Reach reach() const { return reach_; }
  auth::Role role() const { return role_; }
  const std::vector<auth::Thing>& things() const { return things_; }

 private:
  Access(Reach reach, auth::Role role, std::vector<auth::Thing> things) : reach_(reach), role_(role), things_(std::move(things)) {}

  Reach reach_;
  auth::Role role_;
  std::vector<auth::Thing> things_;
};

}  // namespace tailrace::server
