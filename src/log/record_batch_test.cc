#include "log/record_batch.h"

#include <gtest/gtest.h>

#include "log/compression.h"
#include "log/pending_batch.h"

namespace tailrace::log {
namespace {

class Waiter final : public AppendWaiter {
 public:
  void OnAppended(const Result<Appended>&) override {}
};

std::string Batch(const std::vector<NewRecord>& records, Compression compression = Compression::kNone) {
  PendingBatch batch;
  Waiter waiter;
  batch.Add({StreamId{0}, PartitionId{0}, records}, {}, &waiter);
  ByteBuffer packed;
  BatchHeader header;
  header.base_offset = 7;
  header.base_timestamp_ms = header.max_timestamp_ms = 1234;
  return std::string(batch.Seal(header, Seq{99}, compression, &packed).value());
}

TEST(RecordBatch, HasTheBytesOfTheFormat) {
  const std::string batch = Batch({{"v", "k"}});
  const std::string expected(
      "\0\0\0\0\0\0\0\x07"  // base offset
      "\0\0\0\x48"          // length: 72 bytes follow
      "\0\0\0\0"            // leader epoch
      "\x02",               // magic
      17);
  EXPECT_EQ(batch.substr(0, 17), expected);
  const std::string after_crc(
      "\0\0"                  // attributes
      "\0\0\0\0"              // last offset delta
      "\0\0\0\0\0\0\x04\xd2"  // base timestamp
      "\0\0\0\0\0\0\x04\xd2"  // max timestamp
      "\xff\xff\xff\xff\xff\xff\xff\xff"
      "\xff\xff"
      "\xff\xff\xff\xff"  // no producer
      "\0\0\0\x01"        // records
      "\x2c"              // record length: zigzag of 22
      "\0\0\0"            // attributes, timestamp delta, offset delta
      "\x02k\x02v\x02"    // key, value, one header
      "\x08_seq\x10\0\0\0\0\0\0\0\x63",
      40 + 1 + 3 + 5 + 14);
  EXPECT_EQ(batch.substr(kBatchCrcFrom), after_crc);
  EXPECT_TRUE(BatchCrcHolds(batch));
}

TEST(RecordBatch, ARecordThatLiesIsNoticed) {
  const std::string batch = Batch({{"value one", std::nullopt}, {"value two", "key"}});
  const std::string_view records = std::string_view(batch).substr(kBatchHeaderBytes);
  // Whatever single byte changes, walking the records stays within them; and it ends well only when every record is
  // whole.
  for (size_t i = 0; i < records.size(); ++i) {
    for (const int bit : {0, 1, 6, 7}) {
      std::string changed(records);
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      RecordCursor cursor(changed, 2);
      RecordView record;
      int seen = 0;
      while (cursor.Next(&record)) {
        ++seen;
        static_cast<void>(FindHeader(record, kSeqHeader));
      }
      EXPECT_TRUE(!cursor.ok() || seen == 2);
    }
  }
  for (size_t cut = 0; cut < records.size(); ++cut) {
    RecordCursor cursor(records.substr(0, cut), 2);
    RecordView record;
    while (cursor.Next(&record)) {
    }
    EXPECT_FALSE(cursor.ok()) << cut;
  }
}

TEST(Compression, GivesBackWhatWasPacked) {
  for (const Compression compression : {Compression::kLz4, Compression::kZstd}) {
    for (const std::string& text :
         {std::string("a"), std::string(3'000'000, 'x'), std::string("mixed text of some length")}) {
      ByteBuffer packed;
      ASSERT_TRUE(Pack(compression, text, 0, &packed));
      EXPECT_EQ(Unpack(compression, packed.view(), 3).value(), text + std::string(3, '\0'));
    }
  }
}

TEST(Compression, DamageIsNoticed) {
  for (const Compression compression : {Compression::kLz4, Compression::kZstd}) {
    ByteBuffer packed;
    ASSERT_TRUE(Pack(compression, std::string(100000, 'x') + "end", 0, &packed));
    const std::string bytes(packed.view());
    EXPECT_EQ(Unpack(compression, bytes.substr(0, bytes.size() / 2), 0).error().code(), ErrorCode::kCorruption);
    EXPECT_EQ(Unpack(compression, "not a frame", 0).error().code(), ErrorCode::kCorruption);
    EXPECT_EQ(Unpack(compression, "", 0).error().code(), ErrorCode::kCorruption);
    EXPECT_EQ(Unpack(compression, bytes + "more", 0).error().code(), ErrorCode::kCorruption);
  }
}

TEST(Compression, ABombIsRefused) {
  for (const Compression compression : {Compression::kLz4, Compression::kZstd}) {
    ByteBuffer packed;
    ASSERT_TRUE(Pack(compression, std::string(kUnpackedBytesMax + 1, '\0'), 0, &packed));
    EXPECT_EQ(Unpack(compression, packed.view(), 0).error().code(), ErrorCode::kCorruption);
  }
}

}  // namespace
}  // namespace tailrace::log
