// The calls of Kinesis that ask: which streams and shards there are, and the records of one shard.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/grant.h"
#include "server/doors/aws_shape.h"
#include "server/doors/ingest.h"
#include "server/http/reply.h"
#include "server/services.h"

namespace tailrace::server {

// Records of one GetRecords, as there; and their bytes.
inline constexpr int64_t kGetRecordsMax = 10'000;
inline constexpr size_t kGetRecordsBytesMax = 10 << 20;

enum class KinesisRead { kListStreams, kListDeliveryStreams, kDescribeStream, kDescribeStreamSummary, kListShards, kGetShardIterator, kGetRecords };

// The stream that a body names, by its name or at the end of its ARN. An answer instead: none.
tl::expected<std::string, Reply> StreamNamed(const AwsMembers& members, std::string_view name, std::string_view arn);
Reply NoStream(std::string_view name);

// Threads: thread-safe as const; reads the disk. Ownership: borrows everything.
class KinesisReads {
 public:
  KinesisReads(const Services& services, const Ingest& ingest) : services_(services), ingest_(ingest) {}

  // Shows what `grant` covers, and no more.
  Reply Answer(KinesisRead read, std::string_view body, const auth::Grant& grant) const;

 private:
  struct Place {
    size_t stream = 0;  // index into Pipeline::streams
    PartitionId partition;
    Offset offset;
  };
  tl::expected<size_t, Reply> StreamOf(const AwsMembers& members, const auth::Grant& grant) const;
  tl::expected<PartitionId, Reply> ShardOf(const AwsMembers& members, size_t stream) const;
  tl::expected<Offset, Reply> StartOf(const AwsMembers& members, size_t stream, PartitionId partition) const;
  tl::expected<Place, Reply> PlaceOf(std::string_view iterator, const auth::Grant& grant) const;
  std::string IteratorOf(const Place& place) const;

  Reply List(const auth::Grant& grant, bool delivery) const;
  Reply Describe(const AwsMembers& members, const auth::Grant& grant, bool summary) const;
  Reply ListShards(const AwsMembers& members, const auth::Grant& grant) const;
  Reply GetShardIterator(const AwsMembers& members, const auth::Grant& grant) const;
  Reply GetRecords(const AwsMembers& members, const auth::Grant& grant) const;
  std::string ShardsJson(size_t stream) const;

  const Services& services_;
  const Ingest& ingest_;
};

}  // namespace tailrace::server
