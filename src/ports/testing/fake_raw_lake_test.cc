#include "ports/testing/fake_raw_lake.h"

#include "ports/testing/raw_lake_contract.h"

namespace tailrace {
namespace {

class FakeHarness final : public RawLakeHarness {
 public:
  RawLake& lake() override { return lake_; }
  void Carry() override { lake_.Carry(log()); }
  void Restart() override { log().Restart(); }

 private:
  FakeRawLake lake_{{{StreamId{0}, 2}}};
};

INSTANTIATE_TEST_SUITE_P(Fake, RawLakeContract, testing::Values(RawLakeFactory{[] { return std::make_unique<FakeHarness>(); }}));

}  // namespace
}  // namespace tailrace
