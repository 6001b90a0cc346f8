#include "lake/raw_store.h"
#include "lake/raw_writer.h"
#include "ports/testing/fake_object_store.h"
#include "ports/testing/raw_lake_contract.h"

namespace tailrace::lake {
namespace {

class StoreHarness final : public RawLakeHarness {
 public:
  StoreHarness() { Restart(); }
  RawLake& lake() override { return *store_; }
  void Carry() override { ASSERT_TRUE(RawWriter(*store_, log(), clock()).Flush()); }
  void Restart() override { store_ = RawStore::Open(objects_, {{StreamId{0}, "sales", 2, 1 << 20, 600'000}}).value(); }

 private:
  FakeObjectStore objects_;
  std::unique_ptr<RawStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Store, RawLakeContract, testing::Values(RawLakeFactory{[] { return std::make_unique<StoreHarness>(); }}));

}  // namespace
}  // namespace tailrace::lake
