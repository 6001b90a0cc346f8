#include "base/random.h"

#include <sys/random.h>

#include "base/check.h"

namespace tailrace {
namespace {

class KernelRandom final : public Random {
 public:
  uint64_t Next() override {
    uint64_t value;
    // Up to 256 bytes are given whole and are not interrupted.
    TR_CHECK(getrandom(&value, sizeof value, 0) == sizeof value);
    return value;
  }
};

}  // namespace

Random& SystemRandom() {
  static KernelRandom random;
  return random;
}

uint64_t SeededRandom::Next() {
  uint64_t z = (state_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace tailrace
