#include "app/templates.h"

#include <gtest/gtest.h>

#include "config/load.h"

namespace tailrace::app {
namespace {

TEST(Templates, EachIsAPipelineWithoutMistakesAndWithTests) {
  for (const Template& one : Templates()) {
    const config::Loaded loaded = config::ParsePipeline(one.pipeline, "pipeline.yaml", {});
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << config::Render(diagnostic, false);
    ASSERT_TRUE(loaded.pipeline) << one.name;
    EXPECT_EQ(loaded.pipeline->name, one.name);
    EXPECT_FALSE(loaded.pipeline->tests.empty()) << one.name;
  }
}

TEST(Templates, AreFoundByTheirNames) {
  EXPECT_NE(FindTemplate("hello"), nullptr);
  EXPECT_EQ(FindTemplate("hell"), nullptr);
}

}  // namespace
}  // namespace tailrace::app
