// What a damaged log says of itself. What readers make of whole ones: delta_table_test.cc, tests/lake/delta_test.py.
#include "lake/delta_log.h"

#include <gtest/gtest.h>

#include "base/utf8.h"
#include "ports/testing/fake_object_store.h"

namespace tailrace::lake {
namespace {

constexpr const char* kFolder = "tables/t/";
constexpr int64_t kBytesMax = 1 << 20;

DeltaState SmallState() {
  DeltaState state;
  state.version = 10;
  state.metadata = {"id", R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}}]})", {"country"}, 7};
  state.files["part.parquet"] = {"part.parquet", {{"country", "Espa\u00f1a"}}, 100, 7, R"({"numRecords":3})", 3, std::string(64, 'a')};
  state.transactions["tailrace/s/0"] = 3;
  state.checkpoint_sha256 = std::string(64, 'c');
  return state;
}

struct Read {
  Status status;
  DeltaState state;
};

Read ReadAnew(ObjectStore& objects) {
  Read read;
  read.status = DeltaLog(objects, kFolder).Refresh(&read.state);
  return read;
}

TEST(DeltaLog, AStateThatIsKeptIsWhatTheNextStartReads) {
  FakeObjectStore objects;
  const DeltaState state = SmallState();
  ASSERT_TRUE(DeltaLog(objects, kFolder).KeepState(state));
  const Read read = ReadAnew(objects);
  ASSERT_TRUE(read.status) << read.status.error().message();
  EXPECT_EQ(read.state.version, 10);
  EXPECT_EQ(StateText(read.state), StateText(state));
  EXPECT_EQ(read.state.checkpoint_sha256, state.checkpoint_sha256);
}

// The checkpoint's hash stood in the first line once.
TEST(DeltaLog, AStateOfAnOlderFormIsRead) {
  FakeObjectStore objects;
  const DeltaState state = SmallState();
  const std::string first = R"({"commitInfo":{"engineInfo":"tailrace","checkpointSha256":")" + state.checkpoint_sha256 + "\"}}\n";
  ASSERT_TRUE(objects.Put("tables/t/_tailrace/00000000000000000010.jsonl", first + StateText(state)));
  const Read read = ReadAnew(objects);
  ASSERT_TRUE(read.status) << read.status.error().message();
  EXPECT_EQ(read.state.checkpoint_sha256, state.checkpoint_sha256);
}

// So that no other file is blamed for it; and what is said of it can be shown.
TEST(DeltaLog, WhicheverBitOfAKeptStateIsTurnedItIsNamedOrHarmless) {
  FakeObjectStore objects;
  const DeltaState state = SmallState();
  ASSERT_TRUE(DeltaLog(objects, kFolder).KeepState(state));
  const std::string name = "tables/t/_tailrace/00000000000000000010.jsonl";
  const std::string content = objects.Get(name, kBytesMax).value();
  size_t named = 0;
  for (size_t bit = 0; bit < content.size() * 8; ++bit) {
    std::string damaged = content;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    ASSERT_TRUE(objects.Put(name, damaged));
    const Read read = ReadAnew(objects);
    if (read.status) {
      ASSERT_EQ(StateText(read.state), StateText(state)) << "bit " << bit;
      ASSERT_EQ(read.state.checkpoint_sha256, state.checkpoint_sha256) << "bit " << bit;
      continue;
    }
    ++named;
    const std::string& said = read.status.error().message();
    ASSERT_EQ(read.status.error().code(), ErrorCode::kCorruption) << said;
    ASSERT_NE(said.find(name), std::string::npos) << said;
    ASSERT_EQ(FirstNonUtf8(said), std::nullopt) << said;
  }
  EXPECT_GT(named, content.size() * 6) << "most bits are held against the checksum";
}

}  // namespace
}  // namespace tailrace::lake
