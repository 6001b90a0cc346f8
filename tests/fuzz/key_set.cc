// The public keys of others (JWKS): a set, or an error; what is a set has keys that can be told apart and that verify nothing of a stranger's.
#include <set>
#include <string>

#include "auth/jwks.h"
#include "fuzz.h"

namespace tailrace::fuzz {
namespace {

constexpr size_t kInputBytesMax = 16 << 10;

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  const Copy copy(input);
  const auto keys = auth::ParseJwks(copy.text());
  if (!keys) {
    Require(!keys.error().message().empty(), "an error says why");
    return;
  }
  Require(!keys->empty() && keys->size() <= auth::kJwksKeysMax, "a set has keys, and not too many");
  std::set<std::string> ids;
  for (const auth::TokenKey& key : *keys) {
    Require(key.id.empty() || ids.insert(key.id).second, "two keys have two ids");
    Require(!key.key.Verify(copy.text(), ""), "nothing is no signature");
    Require(!key.key.Verify(copy.text(), copy.text()), "a text is not its own signature");
  }
  const auto again = auth::ParseJwks(copy.text());
  Require(again.has_value() && again->size() == keys->size(), "a set is the same when it is read again");
}

}  // namespace tailrace::fuzz
