#include "ports/testing/fake_object_store.h"

#include "ports/testing/object_store_contract.h"

namespace tailrace {
namespace {

INSTANTIATE_TEST_SUITE_P(Fake, ObjectStoreContract,
                         testing::Values(ObjectStoreFactory{[](const std::string&) { return std::make_unique<FakeObjectStore>(); }}));

}  // namespace
}  // namespace tailrace
