#include "ports/testing/fake_source.h"

#include "ports/testing/source_contract.h"

namespace tailrace {
namespace {

class FakeHarness final : public SourceHarness {
 public:
  Result<std::unique_ptr<Source>> Open() override {
    std::vector<std::string> rows;
    for (size_t i = 0; i < RowCount(); ++i) rows.push_back(i == 5 ? "!broken" : "{\"i\":" + std::to_string(i) + "}");
    return std::make_unique<FakeSource>(rows);
  }
  size_t RowCount() const override { return 40; }
};

INSTANTIATE_TEST_SUITE_P(Fake, SourceContract, testing::Values(SourceFactory{[] { return std::make_unique<FakeHarness>(); }}));

}  // namespace
}  // namespace tailrace
