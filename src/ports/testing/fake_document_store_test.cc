#include "ports/testing/fake_document_store.h"

#include "ports/testing/document_store_contract.h"

namespace tailrace::testing {
namespace {

class FakeHarness final : public DocumentStoreHarness {
 public:
  std::unique_ptr<DocumentStore> Open() override { return std::make_unique<FakeDocumentStore>(disk_); }

 private:
  std::shared_ptr<FakeDocuments> disk_ = std::make_shared<FakeDocuments>();
};

std::unique_ptr<DocumentStoreHarness> MakeFake() { return std::make_unique<FakeHarness>(); }

INSTANTIATE_TEST_SUITE_P(Fake, DocumentStoreContract, ::testing::Values(&MakeFake));

TEST(FakeDocumentStore, FailsOnceWhenTold) {
  FakeDocumentStore store;
  CollectionPlan plan;
  plan.name = "c";
  ASSERT_TRUE(store.Adopt({plan}));
  store.disk().fail_next = Error::Exhausted("full");
  EXPECT_EQ(store.Apply("c", {}, {{Offset{1}}}).error().code(), ErrorCode::kExhausted);
  EXPECT_TRUE(store.Apply("c", {}, {{Offset{1}}}));
}

}  // namespace
}  // namespace tailrace::testing
