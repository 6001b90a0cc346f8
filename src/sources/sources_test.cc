// The contract of sources, over every kind there is.
#include <zlib.h>
#include <zstd.h>

#include <fstream>

#include "model/json_text.h"
#include "ports/testing/source_contract.h"
#include "sources/file_source.h"
#include "sources/generate_source.h"
#include "sources/testing/temporary_folder.h"
#include "sql/duckdb.h"

namespace tailrace {
namespace {

constexpr size_t kRows = 60;

Schema AnySchema() {
  Schema schema;
  schema.unknown_fields = UnknownFields::kDrop;
  return schema;
}

std::string CsvText(size_t first, size_t rows) {
  std::string text = "id,text\r\n";
  for (size_t i = first; i < first + rows; ++i) {
    if (i % 20 == 7) text += std::to_string(i) + ",\"quoted\nover \"\"lines\"\"\"\r\n";
    else if (i % 20 == 9) text += std::to_string(i) + ",ragged,row\n";
    else text += std::to_string(i) + ",plain " + std::string(i % 9, 'x') + "\n" + (i % 20 == 3 ? "\n" : "");
  }
  return text;
}

std::string JsonLinesText(size_t first, size_t rows) {
  std::string text;
  for (size_t i = first; i < first + rows; ++i) {
    text +=
        "{\"id\":" + std::to_string(i) + ",\"t\":\"" + std::string(i % 7, 'y') + "\"}" + (i % 3 == 0 ? "\r\n" : "\n");
    if (i % 10 == 4) text += "\n";
  }
  return text;
}

std::string JsonArrayText(size_t first, size_t rows) {
  std::string text = " [";
  for (size_t i = first; i < first + rows; ++i) {
    text += std::string(i == first ? "" : " ,\n") + "{\"id\":\n" + std::to_string(i) + ", \"t\": [\"]\",{}]}";
  }
  return text + "\n]\n";
}

// Documents whose rows lie in two lists, one of them in a list itself.
std::string DocumentsText(size_t first, size_t rows) {
  std::string text = "\xEF\xBB\xBF";
  for (size_t i = first; i < first + rows;) {
    text += "{\"kind\": \"answer [\", \"trips\": {\"n\":\n1, \"parts\": [";
    for (size_t part = 0; part < 2; ++part) {
      text += std::string(part == 0 ? "" : ",") + "{\"other\": [1, 2], \"options\":\n[";
      for (size_t k = 0; k < 2 && i < first + rows; ++k, ++i)
        text += std::string(k == 0 ? "" : ", ") + "{\"id\": " + std::to_string(i) + ",\n\"t\": [\"]\"]}";
      text += "]}";
    }
    text += ", {\"options\": null}, {}]}}\n";
  }
  return text;
}

std::string Gzip(const std::string& text) {
  std::string packed(compressBound(text.size()) + 64, '\0');
  z_stream zlib{};
  EXPECT_EQ(deflateInit2(&zlib, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  zlib.avail_in = static_cast<uInt>(text.size());
  zlib.next_out = reinterpret_cast<Bytef*>(packed.data());
  zlib.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&zlib, Z_FINISH), Z_STREAM_END);
  packed.resize(zlib.total_out);
  deflateEnd(&zlib);
  return packed;
}

std::string Zstd(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  return packed;
}

// Two files under a glob.
class FilesHarness final : public SourceHarness {
 public:
  using Write = std::function<std::string(size_t first, size_t rows)>;

  FilesHarness(SourceFormat format, const std::string& ending, const Write& write, const std::string& records = "") {
    options_.format = format;
    options_.records = records;
    options_.path = folder_.Path("*" + ending);
    folder_.Write("b" + ending, write(kRows / 2, kRows / 2));
    folder_.Write("a" + ending, write(0, kRows / 2));
  }

  Result<std::unique_ptr<Source>> Open() override { return MakeFileSource(options_, AnySchema()); }
  size_t RowCount() const override { return kRows; }

 private:
  TemporaryFolder folder_;
  FileSourceOptions options_;
};

class ParquetHarness final : public SourceHarness {
 public:
  ParquetHarness() {
    sql::DatabaseOptions options;
    options.path = ":memory:";
    options.lock = false;
    auto database = sql::Database::Open(options);
    auto connection = (*database)->Connect();
    for (const char* part : {"a", "b"}) {
      auto written = (*connection)
                         ->Execute("COPY (SELECT i AS id, i::DECIMAL(12,3) / 8 AS price FROM range(30) t(i)) TO " +
                                   sql::QuoteLiteral(folder_.Path(std::string(part) + ".parquet")) +
                                   " (FORMAT parquet, ROW_GROUP_SIZE 10)");
      EXPECT_TRUE(written) << written.error().message();
    }
  }

  Result<std::unique_ptr<Source>> Open() override {
    FileSourceOptions options;
    options.format = SourceFormat::kParquet;
    options.path = folder_.Path("*.parquet");
    return MakeFileSource(options, AnySchema());
  }
  size_t RowCount() const override { return 60; }

 private:
  TemporaryFolder folder_;
};

class GenerateHarness final : public SourceHarness {
 public:
  Result<std::unique_ptr<Source>> Open() override {
    GenerateSourceOptions options;
    options.name = "made";
    options.sql = "SELECT i AS id, hash(i) % 100 AS h, unnest(['a', 'b']) AS part -- the end";
    options.rows = 30;
    return MakeGenerateSource(options, AnySchema(), SystemClock());
  }
  size_t RowCount() const override { return 60; }
};

SourceFactory Files(SourceFormat format, const std::string& ending, const FilesHarness::Write& write) {
  return {[=] { return std::make_unique<FilesHarness>(format, ending, write); }};
}

INSTANTIATE_TEST_SUITE_P(Csv, SourceContract, testing::Values(Files(SourceFormat::kCsv, ".csv", CsvText)));
INSTANTIATE_TEST_SUITE_P(JsonLines, SourceContract,
                         testing::Values(Files(SourceFormat::kJsonLines, ".jsonl", JsonLinesText)));
INSTANTIATE_TEST_SUITE_P(JsonArray, SourceContract,
                         testing::Values(Files(SourceFormat::kJson, ".json", JsonArrayText)));
INSTANTIATE_TEST_SUITE_P(JsonRecords, SourceContract, testing::Values(SourceFactory{[] {
                           return std::make_unique<FilesHarness>(SourceFormat::kJson, ".json", DocumentsText,
                                                                 "/trips/parts/*/options/*");
                         }}));
INSTANTIATE_TEST_SUITE_P(JsonValues, SourceContract,
                         testing::Values(Files(SourceFormat::kJson, ".json", JsonLinesText)));
INSTANTIATE_TEST_SUITE_P(GzipCsv, SourceContract,
                         testing::Values(Files(SourceFormat::kCsv, ".csv.gz",
                                               [](size_t first, size_t rows) { return Gzip(CsvText(first, rows)); })));
INSTANTIATE_TEST_SUITE_P(ZstdJsonLines, SourceContract,
                         testing::Values(Files(SourceFormat::kJsonLines, ".jsonl.zst", [](size_t first, size_t rows) {
                           return Zstd(JsonLinesText(first, rows));
                         })));
INSTANTIATE_TEST_SUITE_P(Parquet, SourceContract,
                         testing::Values(SourceFactory{[] { return std::make_unique<ParquetHarness>(); }}));
INSTANTIATE_TEST_SUITE_P(Generate, SourceContract,
                         testing::Values(SourceFactory{[] { return std::make_unique<GenerateHarness>(); }}));

}  // namespace
}  // namespace tailrace
