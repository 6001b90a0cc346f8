#include "sources/file_source.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "model/record_decoder.h"
#include "sources/testing/temporary_folder.h"
#include "sql/duckdb.h"

namespace tailrace {
namespace {

using Rows = std::vector<std::string>;
using Positions = std::map<std::string, ResumePoint, std::less<>>;

Type Scalar(const std::string& text) {
  Type type;
  std::string error;
  EXPECT_TRUE(ParseScalarType(text, &type, &error)) << error;
  return type;
}

Schema AnySchema() {
  Schema schema;
  schema.unknown_fields = UnknownFields::kDrop;
  return schema;
}

// A source together with what a log would keep of it.
class Reader {
 public:
  Reader(FileSourceOptions options, Schema schema, Positions* positions) : positions_(positions) {
    options.poll = std::chrono::milliseconds(1);
    auto source = MakeFileSource(options, schema);
    if (source) source_ = std::move(*source);
    else error_ = source.error().message();
  }

  // The next batch's rows, or `error: ...`, or `end`.
  Rows Next(std::stop_token stop = {}) {
    if (!source_) return {"error: " + error_};
    auto lookup = [this](std::string_view item) -> std::optional<ResumePoint> {
      auto found = positions_->find(item);
      if (found == positions_->end()) return std::nullopt;
      return found->second;
    };
    auto batch = source_->Next(1 << 20, lookup, stop);
    if (!batch) return {"error: " + batch.error().message()};
    if (batch->end) return {"end"};
    if (!batch->rows.empty()) (*positions_)[batch->item] = {batch->next, batch->detail};
    Rows rows;
    for (const SourceRow& row : batch->rows) {
      std::string fault = "line " + std::to_string(row.line) + ": " + row.fault + " [" + std::string(row.raw) + "]";
      rows.push_back(row.fault.empty() ? std::string(row.json) : fault);
    }
    return rows;
  }

  Rows All() {
    Rows all;
    while (true) {
      Rows rows = Next();
      if (rows == Rows{"end"}) return all;
      all.insert(all.end(), rows.begin(), rows.end());
      if (!rows.empty() && rows.back().starts_with("error: ")) return all;
    }
  }

  const Source& source() const { return *source_; }

 private:
  Positions* positions_;
  std::unique_ptr<Source> source_;
  std::string error_;
};

class FileSourceTest : public testing::Test {
 protected:
  FileSourceOptions Options(SourceFormat format, const std::string& pattern) const {
    FileSourceOptions options;
    options.format = format;
    options.path = folder_.Path(pattern);
    return options;
  }

  Rows ReadAll(const FileSourceOptions& options, const Schema& schema = AnySchema()) {
    return Reader(options, schema, &positions_).All();
  }

  TemporaryFolder folder_;
  Positions positions_;
};

TEST_F(FileSourceTest, FilesComeInTheOrderOfTheirNames) {
  folder_.Write("2.jsonl", "{\"a\":2}\n");
  folder_.Write("10.jsonl", "{\"a\":10}\n");
  folder_.Write("1.txt", "no");
  EXPECT_EQ(ReadAll(Options(SourceFormat::kJsonLines, "*.jsonl")), (Rows{"{\"a\":10}", "{\"a\":2}"}));
}

TEST_F(FileSourceTest, NoFileIsAnErrorUnlessItIsWaitedFor) {
  FileSourceOptions options = Options(SourceFormat::kCsv, "*.csv");
  EXPECT_EQ(MakeFileSource(options, AnySchema()).error().code(), ErrorCode::kNotFound);
  options.watch = true;
  EXPECT_TRUE(MakeFileSource(options, AnySchema()));
}

TEST_F(FileSourceTest, RenamedFileIsNotReadAgain) {
  folder_.Write("a.jsonl", "{\"a\":1}\n");
  FileSourceOptions options = Options(SourceFormat::kJsonLines, "*.jsonl");
  EXPECT_EQ(ReadAll(options), (Rows{"{\"a\":1}"}));
  std::filesystem::rename(folder_.Path("a.jsonl"), folder_.Path("b.jsonl"));
  EXPECT_EQ(ReadAll(options), Rows{});
}

TEST_F(FileSourceTest, GrownFileGoesOnWhereItWasLeft) {
  folder_.Write("a.csv", "x\n1\n");
  FileSourceOptions options = Options(SourceFormat::kCsv, "a.csv");
  EXPECT_EQ(ReadAll(options), (Rows{"{\"x\":\"1\"}"}));
  folder_.Append("a.csv", "2\n3,4\n");
  EXPECT_EQ(ReadAll(options), (Rows{"{\"x\":\"2\"}", "line 4: 2 fields where the header has 1 [3,4]"}));
}

TEST_F(FileSourceTest, FilePutInPlaceOfAnotherIsANewOne) {
  folder_.Write("a.jsonl", "{\"a\":1}\n");
  FileSourceOptions options = Options(SourceFormat::kJsonLines, "a.jsonl");
  EXPECT_EQ(ReadAll(options), (Rows{"{\"a\":1}"}));
  folder_.Write("new", "{\"a\":2}\n");
  std::filesystem::rename(folder_.Path("new"), folder_.Path("a.jsonl"));
  EXPECT_EQ(ReadAll(options), (Rows{"{\"a\":2}"}));
}

TEST_F(FileSourceTest, FileWrittenAnewInPlaceIsAnErrorThatNamesIt) {
  folder_.Write("a.jsonl", "{\"a\":1}\n");
  FileSourceOptions options = Options(SourceFormat::kJsonLines, "a.jsonl");
  ReadAll(options);
  folder_.Write("a.jsonl", "{\"a\":2}\n{\"a\":3}\n");
  Rows rows = ReadAll(options);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_NE(rows[0].find(folder_.Path("a.jsonl") + " no longer begins as it did"), std::string::npos) << rows[0];
}

TEST_F(FileSourceTest, FileThatWasCutIsAnErrorThatNamesIt) {
  folder_.Write("a.jsonl", std::string(5000, ' ') + "\n{\"a\":1}\n{\"a\":2}\n");
  FileSourceOptions options = Options(SourceFormat::kJsonLines, "a.jsonl");
  ReadAll(options);
  std::filesystem::resize_file(folder_.Path("a.jsonl"), 5009);
  Rows rows = ReadAll(options);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_NE(rows[0].find(folder_.Path("a.jsonl") + " was cut: it was read to byte 5017"), std::string::npos) << rows[0];
}

TEST_F(FileSourceTest, BrokenFileIsAnErrorOnceAndTheOthersGoOn) {
  folder_.Write("a.json", "[{\"a\":1},{\"a\":2}");
  folder_.Write("b.json", "[{\"a\":3}]");
  Reader reader(Options(SourceFormat::kJson, "*.json"), AnySchema(), &positions_);
  EXPECT_EQ(reader.Next(), (Rows{"{\"a\":1}", "{\"a\":2}"}));
  EXPECT_EQ(reader.Next(), (Rows{"error: " + folder_.Path("a.json") + ": the array does not end at byte 16"}));
  EXPECT_EQ(reader.Next(), (Rows{"{\"a\":3}"}));
  EXPECT_EQ(reader.Next(), (Rows{"end"}));
}

TEST_F(FileSourceTest, HeaderThatDoesNotFitTheSchemaIsAnErrorOfTheFile) {
  folder_.Write("a.csv", "Quantty\n1\n");
  Schema schema{{{"Quantity", Scalar("int")}}, UnknownFields::kReject};
  EXPECT_EQ(ReadAll(Options(SourceFormat::kCsv, "a.csv"), schema),
            (Rows{"error: " + folder_.Path("a.csv") +
                  ": the header's column `Quantty` (did you mean Quantity?) is no field of the schema; "
                  "unknown_fields: drop leaves it out, keep puts it into _extra"}));
}

TEST_F(FileSourceTest, LongLineIsOneFaultWhateverItsLength) {
  FileSourceOptions options = Options(SourceFormat::kJsonLines, "a.jsonl");
  options.row_bytes_max = 100;
  folder_.Write("a.jsonl",
                "{\"a\":1}\n" + std::string(300'000, 'x') + "\n{\"a\":2}\n" + std::string(101, 'y') + "\n{\"a\":3}");
  EXPECT_EQ(ReadAll(options),
            (Rows{"{\"a\":1}", "line 2: a line longer than a row may be (100 bytes) [" + std::string(100, 'x') + "]",
                  "{\"a\":2}", "line 4: a line longer than a row may be (100 bytes) [" + std::string(100, 'y') + "]",
                  "{\"a\":3}"}));
  positions_.clear();
  options.format = SourceFormat::kCsv;
  options.path = folder_.Path("a.csv");
  folder_.Write("a.csv", "h\n1\n" + std::string(300'000, 'x') + "\n2\n");
  EXPECT_EQ(
      ReadAll(options),
      (Rows{"{\"h\":\"1\"}", "line 3: a line longer than a row may be (100 bytes) [" + std::string(100, 'x') + "]",
            "{\"h\":\"2\"}"}));
}

TEST_F(FileSourceTest, RowsLargerThanABlockAreRead) {
  std::string value(3'000'000, 'v');
  folder_.Write("a.json", "[{\"a\":\"" + value + "\"},{\"a\":1}]");
  EXPECT_EQ(ReadAll(Options(SourceFormat::kJson, "a.json")), (Rows{"{\"a\":\"" + value + "\"}", "{\"a\":1}"}));
}

TEST_F(FileSourceTest, Latin1IsConvertedInEveryFormat) {
  for (auto [format, name, text] : {std::tuple{SourceFormat::kJsonLines, "a.jsonl", "{\"a\":\"\xA3\"}\n"},
                                    std::tuple{SourceFormat::kJson, "a.json", "[{\"a\":\"\xA3\"}]"},
                                    std::tuple{SourceFormat::kCsv, "a.csv", "a\n\xA3\n"}}) {
    folder_.Write(name, text);
    FileSourceOptions options = Options(format, name);
    options.latin1 = true;
    EXPECT_EQ(ReadAll(options), (Rows{"{\"a\":\"£\"}"})) << name;
  }
}

TEST_F(FileSourceTest, EmptyFilesHaveNoRows) {
  folder_.Write("a.jsonl", "");
  folder_.Write("b.jsonl", "\n\n");
  EXPECT_EQ(ReadAll(Options(SourceFormat::kJsonLines, "*.jsonl")), Rows{});
  folder_.Write("a.json", "[]");
  EXPECT_EQ(ReadAll(Options(SourceFormat::kJson, "a.json")), Rows{});
}

TEST_F(FileSourceTest, DamagedCompressionIsAnErrorThatNamesTheFile) {
  folder_.Write("a.jsonl.gz", "not packed");
  Rows rows = ReadAll(Options(SourceFormat::kJsonLines, "a.jsonl.gz"));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_TRUE(rows[0].starts_with("error: " + folder_.Path("a.jsonl.gz") + " does not unpack")) << rows[0];
}

TEST_F(FileSourceTest, WatchedFilesComeAndGrow) {
  FileSourceOptions options = Options(SourceFormat::kJsonLines, "*.jsonl");
  options.watch = true;
  folder_.Write("a.jsonl", "{\"a\":1}\n{\"a\":");
  Reader reader(options, AnySchema(), &positions_);
  EXPECT_EQ(reader.Next(), (Rows{"{\"a\":1}"}));
  // Reading waits while the line has no end and until another file is there.
  std::jthread writer([this] {
    folder_.Append("a.jsonl", "2}\n");
    folder_.Write("b.jsonl", "{\"b\":1}\n");
  });
  Rows rows;
  while (rows.size() < 2) {
    for (std::string& row : reader.Next()) rows.push_back(std::move(row));
  }
  std::sort(rows.begin(), rows.end());
  EXPECT_EQ(rows, (Rows{"{\"a\":2}", "{\"b\":1}"}));
}

TEST_F(FileSourceTest, WatchingEndsWhenStopped) {
  FileSourceOptions options = Options(SourceFormat::kCsv, "*.csv");
  options.watch = true;
  Reader reader(options, AnySchema(), &positions_);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(reader.Next(stop.get_token()), Rows{});
}

TEST_F(FileSourceTest, SizeHintIsTheBytesOfAllFiles) {
  folder_.Write("a.jsonl", "{}\n");
  folder_.Write("b.jsonl", "{}\n{}\n");
  Reader reader(Options(SourceFormat::kJsonLines, "*.jsonl"), AnySchema(), &positions_);
  EXPECT_EQ(reader.source().SizeHint(), 9);
}

TEST_F(FileSourceTest, ParquetValuesTravelExactly) {
  sql::DatabaseOptions memory;
  memory.path = ":memory:";
  memory.lock = false;
  auto database = sql::Database::Open(memory);
  auto connection = (*database)->Connect();
  auto written = (*connection)
                     ->Execute(
                         "COPY (SELECT 9223372036854775807 AS big, 0.10::DECIMAL(12,2) AS price, 22197 AS code, "
                         "TIMESTAMP '2010-12-01 08:26:00' AS at, "
                         "TIMESTAMP '2010-12-01 08:26:00' AS epoch, TIMESTAMP '2010-12-01 08:26:30' AS odd, DATE "
                         "'2010-12-01' AS day, {'a': [1, NULL]} AS nested, "
                         "NULL::INT AS none) TO " +
                         sql::QuoteLiteral(folder_.Path("a.parquet")) + " (FORMAT parquet)");
  ASSERT_TRUE(written) << written.error().message();
  Schema schema = AnySchema();
  schema.fields = {{"code", Scalar("string")},
                   {"at", Scalar("timestamp(%d.%m.%Y %H:%M)")},
                   {"epoch", Scalar("timestamp(ms)")},
                   {"odd", Scalar("timestamp(%d.%m.%Y %H:%M)")},
                   {"day", Scalar("date(%d/%m/%Y)")}};
  EXPECT_EQ(
      ReadAll(Options(SourceFormat::kParquet, "*.parquet"), schema),
      (Rows{R"({"big":9223372036854775807,"price":0.10,"code":"22197","at":"01.12.2010 08:26","epoch":1291191960000,)"
            R"("odd":"2010-12-01T08:26:30Z","day":"01/12/2010","nested":{"a":[1,null]},"none":null})"}));
}

TEST_F(FileSourceTest, WhatIsNoParquetIsAnErrorThatNamesTheFile) {
  folder_.Write("a.parquet", "no");
  Rows rows = ReadAll(Options(SourceFormat::kParquet, "a.parquet"));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_NE(rows[0].find(folder_.Path("a.parquet")), std::string::npos) << rows[0];
}

// The real files, from TAILRACE_DATA or beside the project.
std::string DataPath(const std::string& name) {
  const char* data = std::getenv("TAILRACE_DATA");
  return (data ? std::string(data) : std::string(TAILRACE_SOURCE_DIR) + "/../shared/data") + "/" + name;
}

struct Counts {
  size_t rows = 0;
  size_t faults = 0;
  std::string first_fault;
  bool operator==(const Counts&) const = default;
};

// Reads and decodes a whole file. A file that is not there counts as no rows, so the test fails.
Counts Check(const std::string& name, SourceFormat format, bool latin1, const Schema& schema) {
  Counts counts;
  FileSourceOptions options;
  options.path = DataPath(name);
  options.format = format;
  options.latin1 = latin1;
  auto source = MakeFileSource(options, schema);
  EXPECT_TRUE(source) << source.error().message();
  if (!source) return counts;
  auto decoder = RecordDecoder::Compile(schema, "");
  while (true) {
    auto batch = (*source)->Next(1 << 20, [](std::string_view) { return std::nullopt; }, {});
    EXPECT_TRUE(batch) << batch.error().message();
    if (!batch || batch->end) return counts;
    for (const SourceRow& row : batch->rows) {
      ++counts.rows;
      std::string fault = row.fault;
      if (fault.empty()) {
        auto decoded = decoder->Decode(row.json, nullptr);
        if (!decoded) fault = decoded.error().Message();
      }
      if (fault.empty()) continue;
      if (counts.faults++ == 0) counts.first_fault = fault;
    }
  }
}

Schema Fields(const std::vector<std::pair<std::string, std::string>>& fields,
              UnknownFields unknown = UnknownFields::kReject) {
  Schema schema;
  schema.unknown_fields = unknown;
  for (const auto& [name, type] : fields) schema.fields.push_back({name, Scalar(type)});
  return schema;
}

TEST(RealData, EveryRetailRowIsTaken) {
  Schema schema = Fields({{"InvoiceNo", "string"},
                          {"StockCode", "string"},
                          {"Description", "string?"},
                          {"Quantity", "int"},
                          {"InvoiceDate", "timestamp(%m/%d/%Y %H:%M)"},
                          {"UnitPrice", "decimal(12,3)"},
                          {"CustomerID", "int?"},
                          {"Country", "string"}});
  EXPECT_EQ(Check("retail/data.csv", SourceFormat::kCsv, true, schema), (Counts{541'909, 0, ""}));
}

TEST(RealData, FlightsAndProductsAreTaken) {
  Schema flights = Fields({{"airline", "string"},
                           {"flight", "string"},
                           {"source_city", "string"},
                           {"departure_time", "string"},
                           {"stops", "string"},
                           {"arrival_time", "string"},
                           {"destination_city", "string"},
                           {"class", "string"},
                           {"duration", "decimal(6,2)"},
                           {"days_left", "int"},
                           {"price", "int"}});
  EXPECT_EQ(Check("flights/clean_dataset.csv", SourceFormat::kCsv, false, flights), (Counts{300'153, 0, ""}));
  Schema products = Fields({{"asin", "string"},
                            {"title", "string"},
                            {"stars", "double"},
                            {"reviews", "int"},
                            {"price", "decimal(12,2)"},
                            {"listPrice", "decimal(12,2)"},
                            {"category_id", "int"},
                            {"isBestSeller", "bool"},
                            {"boughtInLastMonth", "int"}},
                           UnknownFields::kDrop);
  EXPECT_EQ(Check("amazon/amazon_products_small.csv", SourceFormat::kCsv, false, products), (Counts{1'166, 0, ""}));
  EXPECT_EQ(Check("amazon/amazon_products_sample.csv", SourceFormat::kCsv, false, products), (Counts{3'626, 0, ""}));
  products.fields.push_back({"date", Scalar("timestamp(%d/%m/%Y %H:%M)")});
  EXPECT_EQ(Check("amazon/client_amazon_products_small.jsonl", SourceFormat::kJsonLines, false, products),
            (Counts{1'166, 0, ""}));
}

TEST(RealData, PinterestAndWalmartAreTaken) {
  EXPECT_EQ(Check("pinterest/geolocation_data.jsonl", SourceFormat::kJsonLines, false,
                  Fields({{"ind", "int"},
                          {"timestamp", "timestamp"},
                          {"latitude", "double"},
                          {"longitude", "double"},
                          {"country", "string"}})),
            (Counts{2'021, 0, ""}));
  EXPECT_EQ(Check("pinterest/user_data.jsonl", SourceFormat::kJsonLines, false,
                  Fields({{"ind", "int"},
                          {"first_name", "string"},
                          {"last_name", "string"},
                          {"age", "int"},
                          {"date_joined", "timestamp"}})),
            (Counts{2'021, 0, ""}));
  EXPECT_EQ(Check("pinterest/misposted_user_topic.json", SourceFormat::kJson, false,
                  Fields({{"topic", "string"}, {"value", "json"}}, UnknownFields::kDrop)),
            (Counts{82, 0, ""}));
  Schema rates = Fields({{"timestamp", "date(%Y-%b-%d)"}}, UnknownFields::kDrop);
  Type quotes;
  quotes.kind = TypeKind::kMap;
  quotes.fields = {{"", Scalar("decimal(18,6)")}};
  rates.fields.push_back({"quotes", quotes});
  EXPECT_EQ(Check("walmart/currency_live_2017-03.jsonl", SourceFormat::kJsonLines, false, rates), (Counts{8, 0, ""}));
}

}  // namespace
}  // namespace tailrace
