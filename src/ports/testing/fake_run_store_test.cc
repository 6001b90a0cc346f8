#include "ports/testing/fake_run_store.h"

#include "ports/testing/run_store_contract.h"

namespace tailrace {

INSTANTIATE_TEST_SUITE_P(Fake, RunStoreContract, testing::Values(RunStoreFactory{[] { return std::make_unique<FakeRunStore>(); }}));

}  // namespace tailrace
