// Tables of the lake over a store of objects that is away now and then. What other readers make of them: tests/lake/delta_test.py.
#include "lake/delta_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "base/random.h"
#include "lake/folder_object_store.h"
#include "ports/testing/fake_object_store.h"

namespace tailrace::lake {
namespace {

namespace fs = std::filesystem;

// A table `t` in memory, as the warehouse would show it.
class FakeExporter final : public FileExporter {
 public:
  FakeExporter() {
    sql::DatabaseOptions options;
    options.path = ":memory:";
    options.threads = 1;
    options.lock = false;
    database_ = sql::Database::Open(options).value();
    connection_ = database_->Connect().value();
    Run("CREATE TABLE t(id BIGINT, price DECIMAL(12,3), moment TIMESTAMP, country VARCHAR, big HUGEINT)");
  }
  void Run(const std::string& sql) {
    const Status done = connection_->Execute(sql);
    ASSERT_TRUE(done) << done.error().message();
  }
  std::string One(const std::string& sql) {
    const auto result = connection_->Query(sql);
    return result ? result->rows.front().front().value_or("null") : result.error().message();
  }
  void AddRows(int count, const std::string& country = "France") {
    Run("INSERT INTO t(id, price, moment, country, big) SELECT i, i / 8, TIMESTAMP '2026-01-01 00:00:00.123456' + to_seconds(i), '" + country + "', 170141183460469231731687303715884105::HUGEINT + i FROM range(" +
        std::to_string(rows_) + ", " + std::to_string(rows_ + count) + ") AS r(i)");
    rows_ += count;
  }
  void Rebuild() { ++generation_; }

  Result<QuerySummary> ExportArrow(const QueryRequest&, const SelectList&, const std::function<bool(std::string_view)>&, const std::stop_token&) override {
    return Fail(Error::Internal("the lake has no use for it"));
  }
  Result<FileExportSummary> Export(const FileExportRequest& request, const std::stop_token&) override {
    FileExportSummary summary;
    summary.as_of = {{"s", {Offset{rows_}}}};
    std::string select = request.query.sql;
    if (request.slice) {
      summary.generation = generation_;
      summary.from_row = request.slice->generation == generation_ ? request.slice->from_row : 0;
      summary.to_row = rows_;
      if (summary.from_row == rows_) return summary;
      select = "WITH tailrace_slice AS (SELECT * FROM t WHERE rowid >= " + std::to_string(summary.from_row) + ") " + select;
    }
    std::string options = "FORMAT parquet";
    if (!request.partition_by.empty()) options += ", PARTITION_BY (" + request.partition_by[0] + "), OVERWRITE_OR_IGNORE";
    TR_TRY(const auto result, connection_->Query("COPY (" + select + ") TO '" + request.path + "' (" + options + ")"));
    summary.rows = std::stoll(*result.rows[0][0]);
    return summary;
  }
  Result<std::vector<ColumnInfo>> Columns(const QueryRequest& query) override {
    TR_TRY(const auto result, connection_->Query(query.sql + " LIMIT 0"));
    std::vector<ColumnInfo> columns;
    for (const auto& column : result.columns) columns.push_back({column.name, column.type});
    return columns;
  }
  Result<int64_t> Generation(std::string_view) override { return generation_; }
  bool OnlyGrows(std::string_view) const override { return grows; }
  TableMark Mark() const { return {{Offset{rows_}}, Offset{}}; }

  bool grows = true;

 private:
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<sql::Connection> connection_;
  int64_t rows_ = 0;
  int64_t generation_ = 1;
};

// Objects in a folder, of which puts can be made to fail.
class FailingStore final : public ObjectStore {
 public:
  explicit FailingStore(const std::string& folder) : store_(OpenFolderObjectStore(folder, PosixFileSystem())) {}
  int left = -1;  // puts until they fail; below 0: never
  int puts = 0;
  int deletes_left = -1;  // the same of deletes

  Status Put(const std::string& name, std::string_view bytes) override {
    TR_RETURN_IF_ERROR(Count());
    return store_->Put(name, bytes);
  }
  Result<bool> PutIfAbsent(const std::string& name, std::string_view bytes) override {
    TR_RETURN_IF_ERROR(Count());
    return store_->PutIfAbsent(name, bytes);
  }
  Status PutFile(const std::string& name, const std::string& path) override {
    TR_RETURN_IF_ERROR(Count());
    return store_->PutFile(name, path);
  }
  Result<std::string> Get(const std::string& name, int64_t bytes_max) override { return store_->Get(name, bytes_max); }
  Result<std::vector<ObjectInfo>> List(const std::string& prefix) override { return store_->List(prefix); }
  Status Delete(const std::string& name) override {
    if (deletes_left == 0) return Fail(Error::Unavailable("the store is away"));
    if (deletes_left > 0) --deletes_left;
    return store_->Delete(name);
  }

 private:
  Status Count() {
    ++puts;
    if (left == 0) return Fail(Error::Unavailable("the store is away"));
    if (left > 0) --left;
    return {};
  }
  std::unique_ptr<ObjectStore> store_;
};

class DeltaTableTest : public testing::Test {
 protected:
  DeltaTableTest() {
    std::string pattern = testing::TempDir() + "/delta_XXXXXX";
    folder_ = mkdtemp(pattern.data());
    objects_ = std::make_unique<FailingStore>(folder_);
  }
  ~DeltaTableTest() override { fs::remove_all(folder_); }

  std::unique_ptr<DeltaTable> NewTable(std::vector<std::string> partition_by = {}) {
    DeltaTableOptions options;
    options.table = "t";
    options.stream = "s";
    options.partition_by = std::move(partition_by);
    options.merge_from_bytes = merge_from_bytes_;
    options.file_bytes = file_bytes_;
    return std::make_unique<DeltaTable>(DeltaServices{*objects_, *exporter_, clock_, folder_}, std::move(options));
  }
  std::unique_ptr<DeltaTable> OpenTable(std::vector<std::string> partition_by = {}) {
    auto table = NewTable(std::move(partition_by));
    const Status opened = table->Open();
    EXPECT_TRUE(opened) << opened.error().message();
    return table;
  }
  Status Flush(DeltaTable& table) { return table.Step(exporter_->Mark(), true, {}); }
  void FlushAll(DeltaTable& table) {
    const Status done = Flush(table);
    ASSERT_TRUE(done) << done.error().message();
  }
  static int64_t Records(const DeltaTable& table) {
    int64_t records = 0;
    for (const auto& [path, file] : table.state().files) records += file.records;
    return records;
  }
  static std::set<std::string> PathsOf(const DeltaTable& table) {
    std::set<std::string> paths;
    for (const auto& [path, file] : table.state().files) paths.insert(path);
    return paths;
  }
  // Rows that only the lake, or only the table, has; of a table without partitions.
  std::string DifferenceOf(const DeltaTable& table) {
    std::string list;
    for (const std::string& path : PathsOf(table)) list += (list.empty() ? "'" : ", '") + folder_ + "/tables/t/" + path + "'";
    std::string columns;
    QueryRequest all;
    all.sql = "SELECT * FROM t";
    const std::vector<ColumnInfo> infos = exporter_->Columns(all).value();
    for (const ColumnInfo& column : infos) columns += (columns.empty() ? "\"" : ", \"") + column.name + "\"";
    const std::string lake = list.empty() ? "(SELECT " + columns + " FROM t LIMIT 0)" : "(SELECT " + columns + " FROM read_parquet([" + list + "]))";
    return exporter_->One("SELECT (SELECT count(*) FROM (FROM " + lake + " EXCEPT ALL FROM t)) || ' only in the lake, ' || (SELECT count(*) FROM (FROM t EXCEPT ALL FROM " +
                          lake + ")) || ' only in the table'");
  }
  void Flip(const std::string& path, std::string_view at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(file), {});
    const size_t place = at.empty() ? text.size() / 2 : text.find(at) + at.size();
    ASSERT_LT(place, text.size());
    file.clear();
    file.seekp(static_cast<std::streamoff>(place));
    file.put(static_cast<char>(text[place] ^ 1));
  }
  size_t ParquetFiles() {
    size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ + "/tables")) {
      count += entry.path().extension() == ".parquet" && entry.path().string().find("_delta_log") == std::string::npos ? 1 : 0;
    }
    return count;
  }

  std::string folder_;
  ManualClock clock_{{1'772'600'400'000'000}};
  int64_t merge_from_bytes_ = int64_t{8} << 20;
  int64_t file_bytes_ = int64_t{64} << 20;
  std::unique_ptr<FakeExporter> exporter_ = std::make_unique<FakeExporter>();
  std::unique_ptr<FailingStore> objects_;
};

TEST_F(DeltaTableTest, ATableThatGrowsIsAppendedTo) {
  const auto table = OpenTable();
  exporter_->AddRows(10);
  FlushAll(*table);
  exporter_->AddRows(5);
  FlushAll(*table);
  FlushAll(*table);  // nothing new makes no version
  EXPECT_EQ(table->state().version, 1);
  EXPECT_EQ(table->state().files.size(), 2u);
  EXPECT_EQ(Records(*table), 15);
  EXPECT_EQ(table->state().transactions.at("tailrace/s/0"), 15);
  EXPECT_EQ(table->state().transactions.at("tailrace/t/rows"), 15);
  const std::string stats = table->state().files.begin()->second.stats;
  EXPECT_NE(stats.find("\"numRecords\":10"), std::string::npos) << stats;
  EXPECT_NE(stats.find("\"id\":9"), std::string::npos) << stats;
  EXPECT_NE(stats.find("\"moment\":\"2026-01-01T00:00:09.124Z\""), std::string::npos) << stats;
}

TEST_F(DeltaTableTest, CommitsWaitForTheirTime) {
  const auto table = OpenTable();
  exporter_->AddRows(1);
  ASSERT_TRUE(table->Step(exporter_->Mark(), false, {}));
  EXPECT_EQ(table->state().version, -1);
  clock_.Advance(std::chrono::seconds(61));
  exporter_->AddRows(1);
  ASSERT_TRUE(table->Step(exporter_->Mark(), false, {}));
  EXPECT_EQ(table->state().version, 0);
  EXPECT_EQ(Records(*table), 2);
  exporter_->AddRows(1);
  ASSERT_TRUE(table->Step(exporter_->Mark(), false, {}));
  EXPECT_EQ(table->state().version, 0);
}

TEST_F(DeltaTableTest, ASmallTableThatChangesIsReplacedWholeAndOldFilesGoAfterTheirTime) {
  exporter_->grows = false;
  const auto table = OpenTable();
  exporter_->AddRows(3);
  FlushAll(*table);
  exporter_->AddRows(1);
  FlushAll(*table);
  EXPECT_EQ(table->state().files.size(), 1u);
  EXPECT_EQ(Records(*table), 4);
  EXPECT_EQ(ParquetFiles(), 2u) << "readers of the version before may still need the other";
  clock_.Advance(std::chrono::hours(2));
  FlushAll(*table);
  EXPECT_EQ(ParquetFiles(), 1u) << "also when there is nothing to commit";
  exporter_->AddRows(1);
  FlushAll(*table);
  EXPECT_EQ(ParquetFiles(), 2u);
}

// So many rows that they are of several files, as DuckDB cuts them.
constexpr int kManyRows = 300'000;
constexpr const char* kNoDifference = "0 only in the lake, 0 only in the table";

TEST_F(DeltaTableTest, OfALargeTableOnlyFilesWhoseRowsHaveChangedAreWrittenAgain) {
  exporter_->grows = false;
  merge_from_bytes_ = 1;
  file_bytes_ = 1;
  const auto table = OpenTable();
  exporter_->AddRows(kManyRows);
  FlushAll(*table);
  const auto first = PathsOf(*table);
  ASSERT_GE(first.size(), 3u);
  exporter_->Run("UPDATE t SET price = -1 WHERE id IN (5, 6)");
  exporter_->AddRows(1);
  FlushAll(*table);
  const auto second = PathsOf(*table);
  std::vector<std::string> kept;
  std::set_intersection(first.begin(), first.end(), second.begin(), second.end(), std::back_inserter(kept));
  EXPECT_EQ(kept.size(), first.size() - 1);
  EXPECT_EQ(second.size(), first.size() + 1) << "the rest of one, and a new one with what has changed";
  EXPECT_EQ(DifferenceOf(*table), kNoDifference);
  // What has changed once changes again: no large file is touched.
  exporter_->Run("UPDATE t SET price = -2 WHERE id = 5");
  exporter_->AddRows(1);
  FlushAll(*table);
  const auto third = PathsOf(*table);
  kept.clear();
  std::set_intersection(second.begin(), second.end(), third.begin(), third.end(), std::back_inserter(kept));
  EXPECT_EQ(kept.size(), first.size());
  EXPECT_EQ(DifferenceOf(*table), kNoDifference);
  EXPECT_EQ(table->state().transactions.at("tailrace/s/0"), kManyRows + 2);
}

TEST_F(DeltaTableTest, OfAPartitionedTableOnlyPartitionsThatHaveChangedAreReplaced) {
  exporter_->grows = false;
  const auto table = OpenTable({"country"});
  for (const char* country : {"A", "B", "C", ""}) exporter_->AddRows(3, country);
  exporter_->Run("INSERT INTO t(id) VALUES (77)");
  FlushAll(*table);
  const auto first = PathsOf(*table);
  exporter_->Run("UPDATE t SET price = -1 WHERE id = 4; DELETE FROM t WHERE country = 'C'");
  exporter_->AddRows(1, "D");
  FlushAll(*table);
  const auto second = PathsOf(*table);
  std::vector<std::string> kept;
  std::set_intersection(first.begin(), first.end(), second.begin(), second.end(), std::back_inserter(kept));
  ASSERT_EQ(kept.size(), first.size() - 2) << "all but those of B and C";
  EXPECT_EQ(Records(*table), 3 + 3 + 3 + 1 + 1);
}

TEST_F(DeltaTableTest, WhateverChangesAndWhereverItStopsTheLakeHasTheRowsOfTheTable) {
  exporter_->grows = false;
  merge_from_bytes_ = 1;
  SeededRandom random(7);
  exporter_->Run("ALTER TABLE t ADD COLUMN tags VARCHAR[]; ALTER TABLE t ADD COLUMN part STRUCT(a DOUBLE, b VARCHAR)");
  exporter_->Run("ALTER TABLE t ADD COLUMN counts MAP(VARCHAR, BIGINT); ALTER TABLE t ADD COLUMN share DOUBLE");
  auto table = OpenTable();
  for (int round = 0; round < 40; ++round) {
    const std::string some = std::to_string(random.Below(5));
    exporter_->AddRows(1 + static_cast<int>(random.Below(20)));
    exporter_->Run("UPDATE t SET share = 'nan', tags = [country, NULL], part = {'a': 0.5, 'b': NULL}, counts = MAP {'x': id} WHERE id % 5 = " + some);
    exporter_->Run("DELETE FROM t WHERE hash(id) % 11 = " + some);
    exporter_->Run("INSERT INTO t SELECT * FROM t WHERE id % 7 = " + some + " LIMIT 3");  // rows that are there twice
    objects_->left = random.Below(3) == 0 ? static_cast<int>(random.Below(6)) : -1;
    const Status done = Flush(*table);
    objects_->left = -1;
    if (!done) table = OpenTable();
    FlushAll(*table);
    ASSERT_EQ(DifferenceOf(*table), kNoDifference) << "round " << round;
    ASSERT_TRUE(table->Check({}));
  }
  EXPECT_LT(table->state().files.size(), 20u) << "small files are merged here too";
}

TEST_F(DeltaTableTest, AStateThatIsTheSameMakesNoVersion) {
  exporter_->grows = false;
  merge_from_bytes_ = 1;
  const auto table = OpenTable();
  exporter_->AddRows(3);
  FlushAll(*table);
  exporter_->Run("INSERT INTO t SELECT * FROM t WHERE id = 1; DELETE FROM t WHERE rowid = 1");
  FlushAll(*table);
  EXPECT_EQ(table->state().version, 0);
}

TEST_F(DeltaTableTest, AFileThatIsDamagedIsFoundAndARebuildMendsIt) {
  exporter_->grows = false;
  const auto table = OpenTable();
  exporter_->AddRows(300);
  FlushAll(*table);
  ASSERT_TRUE(table->Check({}));
  const std::string path = *PathsOf(*table).begin();
  Flip(folder_ + "/tables/t/" + path, "");
  const Status checked = table->Check({});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code(), ErrorCode::kCorruption);
  EXPECT_NE(checked.error().message().find(path), std::string::npos) << checked.error().message();
  exporter_->Rebuild();
  FlushAll(*table);
  EXPECT_TRUE(table->Check({}));
  EXPECT_EQ(DifferenceOf(*table), kNoDifference);
  fs::remove(folder_ + "/tables/t/" + *PathsOf(*table).begin());
  EXPECT_NE(table->Check({}).error().message().find("missing"), std::string::npos);
}

// A digit of a position that a bit makes another would else bring rows twice.
TEST_F(DeltaTableTest, ALogThatIsDamagedStandsStillUntilARebuildBeginsItAnew) {
  for (const std::string& name : {std::string("_delta_log/00000000000000000003.json"), std::string("_tailrace/00000000000000000010.jsonl")}) {
    fs::remove_all(folder_ + "/tables");
    exporter_ = std::make_unique<FakeExporter>();
    auto table = OpenTable();
    for (int i = 0; i < (name[1] == 'd' ? 5 : 12); ++i) {
      exporter_->AddRows(3);
      FlushAll(*table);
    }
    Flip(folder_ + "/tables/t/" + name, R"("appId":"tailrace/t/rows","version":)");
    table = NewTable();
    const Status opened = table->Open();
    ASSERT_FALSE(opened) << name;
    EXPECT_EQ(opened.error().code(), ErrorCode::kCorruption);
    EXPECT_NE(opened.error().message().find(name.substr(name.rfind('/') + 1)), std::string::npos) << opened.error().message();
    exporter_->AddRows(1);
    EXPECT_EQ(Flush(*table).error().code(), ErrorCode::kCorruption);
    EXPECT_EQ(table->Check({}).error().code(), ErrorCode::kCorruption);
    exporter_->Rebuild();
    FlushAll(*table);
    EXPECT_EQ(table->state().version, 0);
    EXPECT_EQ(DifferenceOf(*table), kNoDifference);
    EXPECT_EQ(ParquetFiles(), 1u);
  }
}

TEST_F(DeltaTableTest, ACheckpointIsHeldAgainstItsHashToo) {
  const auto table = OpenTable();
  for (int i = 0; i < 12; ++i) {
    exporter_->AddRows(3);
    FlushAll(*table);
  }
  const auto again = OpenTable();
  ASSERT_TRUE(again->Check({}));
  Flip(folder_ + "/tables/t/_delta_log/00000000000000000010.checkpoint.parquet", "");
  EXPECT_FALSE(again->Check({}));
  exporter_->Rebuild();
  FlushAll(*again);
  EXPECT_TRUE(again->Check({})) << "a rebuild makes another checkpoint";
}

// Wherever deleting what is old breaks off, the table stays whole, and what is left goes later.
TEST_F(DeltaTableTest, DeletingOldFilesGoesOnWhereItStopped) {
  for (int stop = 0; stop < 4; ++stop) {
    fs::remove_all(folder_ + "/tables");
    exporter_ = std::make_unique<FakeExporter>();
    exporter_->grows = false;
    auto table = OpenTable();
    for (int i = 0; i < 5; ++i) {
      exporter_->AddRows(3);
      FlushAll(*table);
    }
    ASSERT_EQ(ParquetFiles(), 5u);
    clock_.Advance(std::chrono::hours(2));
    objects_->deletes_left = stop;
    EXPECT_FALSE(Flush(*table)) << stop;
    objects_->deletes_left = -1;
    if (stop % 2 == 0) table = OpenTable();  // killed there
    ASSERT_EQ(DifferenceOf(*table), kNoDifference);
    FlushAll(*table);
    EXPECT_EQ(ParquetFiles(), 1u) << stop;
    EXPECT_TRUE(table->Check({}));
  }
}

TEST_F(DeltaTableTest, ARebuildReplacesAll) {
  const auto table = OpenTable();
  exporter_->AddRows(3);
  FlushAll(*table);
  exporter_->Rebuild();
  FlushAll(*table);
  EXPECT_EQ(table->state().version, 1);
  EXPECT_EQ(Records(*table), 3);
}

TEST_F(DeltaTableTest, PartitionsHaveTheirValuesInTheLog) {
  const auto table = OpenTable({"country"});
  exporter_->AddRows(2, "United Kingdom/100%");
  exporter_->AddRows(1, "France");
  exporter_->Run("INSERT INTO t(id) VALUES (7)");
  FlushAll(*table);
  std::set<std::string> values;
  for (const auto& [path, file] : table->state().files) {
    values.insert(file.partition.at("country").value_or("(null)"));
    EXPECT_TRUE(fs::exists(folder_ + "/tables/t/" + DecodePath(path))) << path;
    EXPECT_EQ(file.stats.find("country"), std::string::npos) << file.stats;
  }
  EXPECT_EQ(values, (std::set<std::string>{"(null)", "France", "United Kingdom/100%"}));
}

// A store that goes away at any of its writes; then a start anew.
TEST_F(DeltaTableTest, WhereverItStopsEveryRowIsThereOnce) {
  for (int stop = 0; stop < 36; ++stop) {
    fs::remove_all(folder_ + "/tables");
    exporter_ = std::make_unique<FakeExporter>();
    auto table = OpenTable(stop % 2 == 0 ? std::vector<std::string>{} : std::vector<std::string>{"country"});
    for (int round = 0; round < 12; ++round) {
      exporter_->AddRows(2, round % 2 == 0 ? "A" : "B");
      objects_->left = round == 11 ? -1 : (stop % 12 == round ? stop / 12 : -1);
      const Status done = Flush(*table);
      objects_->left = -1;
      if (!done) table = OpenTable(table->options().partition_by);
    }
    FlushAll(*table);
    ASSERT_EQ(Records(*table), 24) << "stopped at " << stop;
    const auto again = OpenTable(table->options().partition_by);
    ASSERT_EQ(Records(*again), 24) << "stopped at " << stop;
    ASSERT_EQ(again->state().files.size(), table->state().files.size());
    std::set<std::string> named;
    for (const auto& [path, file] : again->state().files) named.insert(path);
    for (const auto& [path, when] : again->state().removed) named.insert(path);
    ASSERT_EQ(ParquetFiles(), named.size()) << "files that no version names, stopped at " << stop;
  }
}

TEST_F(DeltaTableTest, SmallFilesAreMergedAndCheckpointsWritten) {
  auto table = OpenTable();
  for (int i = 0; i < 25; ++i) {
    exporter_->AddRows(3);
    FlushAll(*table);
  }
  EXPECT_EQ(Records(*table), 75);
  EXPECT_LT(table->state().files.size(), 16u);
  EXPECT_TRUE(fs::exists(folder_ + "/tables/t/_delta_log/_last_checkpoint"));
  EXPECT_TRUE(fs::exists(folder_ + "/tables/t/_delta_log/00000000000000000020.checkpoint.parquet"));
  const auto again = OpenTable();
  EXPECT_EQ(again->state().version, table->state().version);
  EXPECT_EQ(again->state().transactions, table->state().transactions);
  EXPECT_EQ(Records(*again), 75);
}

TEST_F(DeltaTableTest, AnotherWriterIsGivenWayTo) {
  const auto table = OpenTable();
  exporter_->AddRows(3);
  FlushAll(*table);
  const std::string theirs = R"({"add":{"path":"theirs.parquet","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true,"stats":"{\"numRecords\":1}"}})" "\n";
  ASSERT_EQ(objects_->PutIfAbsent("tables/t/_delta_log/00000000000000000001.json", theirs), true);
  exporter_->AddRows(2);
  FlushAll(*table);
  EXPECT_EQ(table->state().version, 2);
  EXPECT_EQ(Records(*table), 6);
}

TEST_F(DeltaTableTest, ATableOfANewerProtocolIsLeftAlone) {
  ASSERT_TRUE(objects_->Put("tables/t/_delta_log/00000000000000000000.json", R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7}})"));
  DeltaTable table({*objects_, *exporter_, clock_, folder_}, {"t", "s", {}});
  const Status opened = table.Open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message().find("reader version 3"), std::string::npos);
}

}  // namespace
}  // namespace tailrace::lake
