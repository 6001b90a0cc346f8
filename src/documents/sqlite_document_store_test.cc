#include "documents/sqlite_document_store.h"

#include <filesystem>
#include <thread>

#include "ports/testing/document_store_contract.h"
#include "sqlite/sqlite.h"

namespace tailrace::documents {
namespace {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "documents-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string File() const { return path_ / "documents.sqlite"; }

 private:
  std::filesystem::path path_;
};

std::unique_ptr<DocumentStore> OpenStore(const SqliteDocumentStoreOptions& options) {
  auto store = OpenSqliteDocumentStore(options);
  EXPECT_TRUE(store) << store.error().message();
  return std::move(*store);
}

class SqliteHarness final : public tailrace::testing::DocumentStoreHarness {
 public:
  explicit SqliteHarness(size_t cache_bytes_max) : cache_bytes_max_(cache_bytes_max) {}
  std::unique_ptr<DocumentStore> Open() override {
    SqliteDocumentStoreOptions options;
    options.path = folder_.File();
    options.cache_bytes_max = cache_bytes_max_;
    return OpenStore(options);
  }

 private:
  TemporaryFolder folder_;
  size_t cache_bytes_max_;
};

constexpr size_t kCacheOfAFewDocuments = 2000;

}  // namespace
}  // namespace tailrace::documents

namespace tailrace::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(Sqlite, DocumentStoreContract,
                         ::testing::Values([]() -> std::unique_ptr<DocumentStoreHarness> {
                           return std::make_unique<documents::SqliteHarness>(64U << 20U);
                         }));
INSTANTIATE_TEST_SUITE_P(SqliteWithASmallCache, DocumentStoreContract,
                         ::testing::Values([]() -> std::unique_ptr<DocumentStoreHarness> {
                           return std::make_unique<documents::SqliteHarness>(documents::kCacheOfAFewDocuments);
                         }));

}  // namespace
}  // namespace tailrace::testing

namespace tailrace::documents {
namespace {

class SqliteDocumentStoreTest : public ::testing::Test {
 protected:
  SqliteDocumentStoreTest() { options_.path = folder_.File(); }

  void Open(MergeMode merge = MergeMode::kAttributes) {
    store_ = OpenStore(options_);
    CollectionPlan plan;
    plan.name = "things";
    plan.stream = "events";
    plan.merge = merge;
    plan.fingerprint = "f1";
    ASSERT_TRUE(store_->Adopt({plan}));
  }

  Result<Flow> Apply(std::string_view key, std::string_view json, int64_t next) {
    return store_->Apply("things", {{key, json, {}}}, {{Offset{next}}});
  }

  // As a disk would: behind the store's back.
  void Damage(const std::string& sql) {
    auto connection = sqlite::Connection::Open({options_.path, false, 0});
    ASSERT_TRUE(connection);
    ASSERT_TRUE((*connection)->Execute(sql));
  }

  TemporaryFolder folder_;
  SqliteDocumentStoreOptions options_;
  std::unique_ptr<DocumentStore> store_;
};

TEST_F(SqliteDocumentStoreTest, DamagedDocumentIsNamedAndTheOthersStayReadable) {
  Open();
  ASSERT_TRUE(Apply("sound", R"({"n":1})", 1));
  ASSERT_TRUE(Apply("hurt", R"({"n":1})", 2));
  Damage(R"(UPDATE documents_1 SET document = '{"n":2}' WHERE key = 'hurt')");
  auto hurt = store_->Get("things", "hurt");
  ASSERT_FALSE(hurt);
  EXPECT_EQ(hurt.error().code(), ErrorCode::kCorruption);
  EXPECT_NE(hurt.error().message().find("hurt"), std::string::npos);
  EXPECT_EQ(store_->Find("things", {}).error().code(), ErrorCode::kCorruption);
  EXPECT_TRUE(store_->Get("things", "sound"));
}

TEST_F(SqliteDocumentStoreTest, DocumentUnderAnotherKeyIsDamage) {
  Open();
  ASSERT_TRUE(Apply("a", R"({"n":1})", 1));
  Damage("UPDATE documents_1 SET key = 'b'");
  EXPECT_EQ(store_->Get("things", "b").error().code(), ErrorCode::kCorruption);
}

TEST_F(SqliteDocumentStoreTest, DamagedDocumentTakesNoMoreChanges) {
  options_.cache_bytes_max = 0;
  Open();
  ASSERT_TRUE(Apply("a", R"({"n":1})", 1));
  Damage("UPDATE documents_1 SET checksum = checksum + 1");
  EXPECT_EQ(Apply("a", R"({"m":1})", 2).error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(store_->CollectionPositions("things")->at(0).value, 1);
}

TEST_F(SqliteDocumentStoreTest, FileThatIsNoDatabaseIsCorruption) {
  {
    std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(options_.path.c_str(), "w"), &std::fclose);
    std::fputs(std::string(10'000, 'x').c_str(), file.get());
  }
  auto store = OpenSqliteDocumentStore(options_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code(), ErrorCode::kCorruption);
}

TEST_F(SqliteDocumentStoreTest, FileOfAnotherVersionIsRefused) {
  Open();
  store_.reset();
  Damage("PRAGMA user_version = 99");
  auto store = OpenStore(options_);
  auto adopted = store->Adopt({});
  ASSERT_FALSE(adopted);
  EXPECT_EQ(adopted.error().code(), ErrorCode::kInvalid);
}

TEST_F(SqliteDocumentStoreTest, AFileOfLayoutOneGoesOnAndIsCountedFromThere) {
  Open();
  ASSERT_TRUE(Apply("a", R"({"n":1})", 7));
  store_.reset();
  Damage("CREATE TABLE positions(collection INTEGER, partition INTEGER, next INTEGER NOT NULL, PRIMARY KEY(collection, "
         "partition)) WITHOUT ROWID; INSERT INTO positions SELECT id, 0, 7 FROM collections; DROP TABLE commits; "
         "PRAGMA user_version=1");
  store_ = OpenStore(options_);
  CollectionPlan plan;
  plan.name = "things";
  plan.stream = "events";
  plan.merge = MergeMode::kAttributes;
  plan.fingerprint = "f1";
  auto states = store_->Adopt({plan});
  ASSERT_TRUE(states) << states.error().message();
  EXPECT_EQ(states->at(0).positions, Positions{Offset{7}});
  EXPECT_FALSE(states->at(0).changed);
  EXPECT_EQ(states->at(0).counted_from, Positions{Offset{7}});
  EXPECT_TRUE(store_->Get("things", "a"));
  EXPECT_EQ(*store_->Apply("things", {}, {{Offset{8}}, std::nullopt, {1, 1, 0, 0}}), (Flow{1, 1, 0, 0}));
  ASSERT_TRUE(store_->BeginShadow("things"));
  ASSERT_TRUE(store_->FinishShadow("things"));
  store_ = OpenStore(options_);
  states = store_->Adopt({plan});
  ASSERT_TRUE(states);
  EXPECT_TRUE(states->at(0).counted_from.empty()) << "what is built again is counted whole";
}

TEST_F(SqliteDocumentStoreTest, TheJournalOfCommitsIsBounded) {
  Open();
  for (int64_t i = 1; i <= 1025; ++i) ASSERT_TRUE(store_->Apply("things", {}, {{Offset{i}}}));
  auto connection = sqlite::Connection::Open({options_.path, false, 0});
  ASSERT_TRUE(connection);
  auto count = (*connection)->Prepare("SELECT count(*), max(number) FROM commits");
  ASSERT_TRUE(count && count->Step());
  EXPECT_LT(count->Int(0), 1024);
  EXPECT_EQ(count->Int(1), 1025);
}

TEST_F(SqliteDocumentStoreTest, FullDiskKeepsNothingHalfAndGoesOnOnceThereIsRoom) {
  options_.file_bytes_max = 400'000;
  Open();
  const std::string large = R"({"x":")" + std::string(30'000, 'a') + "\"}";
  int64_t applied = 0;
  Result<Flow> full = Flow();
  while ((full = store_->Apply("things", {{"d" + std::to_string(applied), large, {}}, {"count", R"({"n":1})", {}}},
                               {{Offset{applied + 1}}}))) {
    ++applied;
    ASSERT_LT(applied, 100);
  }
  EXPECT_EQ(full.error().code(), ErrorCode::kExhausted);
  ASSERT_GT(applied, 3);
  EXPECT_FALSE(store_->Get("things", "d" + std::to_string(applied)));
  EXPECT_EQ(store_->CollectionPositions("things")->at(0).value, applied);
  store_.reset();
  options_.file_bytes_max = 0;
  Open();
  EXPECT_EQ(store_->CollectionPositions("things")->at(0).value, applied);
  EXPECT_TRUE(Apply("d" + std::to_string(applied), large, applied + 1));
}

TEST_F(SqliteDocumentStoreTest, DocumentBeyondTheLimitIsRefused) {
  options_.document_bytes_max = 100;
  Open();
  ASSERT_TRUE(Apply("a", R"({"n":1})", 1));
  EXPECT_EQ(Apply("a", R"({"x":")" + std::string(100, 'a') + "\"}", 2).error().code(), ErrorCode::kInvalid);
  ASSERT_TRUE(Apply("a", R"({"m":2})", 2));
  EXPECT_EQ(store_->Get("things", "a")->json, R"({"n":1,"m":2})");
}

TEST_F(SqliteDocumentStoreTest, ReadersSeeWholeBatchesWhileTheWriterWorksAndRebuilds) {
  Open(MergeMode::kReplace);
  constexpr int kBatches = 100;
  ASSERT_TRUE(store_->Apply("things", {{"a", "0", {}}, {"b", "0", {}}}, {{Offset{1}}}));
  std::vector<std::jthread> readers;
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        auto page = store_->Find("things", {});
        EXPECT_TRUE(page) << page.error().message();
        if (!page || page->documents.size() != 2 || page->documents[0].json != page->documents[1].json) ++wrong;
        if (!store_->Get("things", "a")) ++wrong;
      }
    });
  }
  for (int i = 1; i <= kBatches; ++i) {
    std::string value = std::to_string(i);
    std::vector<DocumentChange> changes = {{"a", value, {}}, {"b", value, {}}};
    if (i % 10 == 0) {
      ASSERT_TRUE(store_->BeginShadow("things"));
      ASSERT_TRUE(store_->Apply("things@shadow", changes, {{Offset{i}}}));
      ASSERT_TRUE(store_->FinishShadow("things"));
    }
    ASSERT_TRUE(store_->Apply("things", changes, {{Offset{i}}}));
  }
  readers.clear();
  EXPECT_EQ(wrong, 0);
}

TEST_F(SqliteDocumentStoreTest, InterruptedRebuildLeavesNoShadowBehind) {
  Open();
  ASSERT_TRUE(store_->BeginShadow("things"));
  ASSERT_TRUE(store_->Apply("things@shadow", {{"a", "{}", {}}}, {{Offset{1}}}));
  store_.reset();
  Open();
  EXPECT_EQ(store_->Get("things@shadow", "a").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(store_->FinishShadow("things").error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace tailrace::documents
