// Kinesis Data Streams and Data Firehose as their own clients speak to them: POST / with X-Amz-Target and JSON. A stream, and a delivery
// stream, is a stream by its name or an alias; a shard is a partition; a sequence number is an offset.
// Shapes: the API references of Kinesis (2013-12-02) and Firehose (2015-08-04).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "server/doors/aws_shape.h"
#include "server/doors/envelope.h"
#include "server/doors/ingest.h"
#include "server/doors/kinesis_reads.h"
#include "server/doors/kinesis_unwrap.h"
#include "server/http/exchange.h"
#include "server/http/gate.h"
#include "server/http/read_pool.h"
#include "server/services.h"

namespace tailrace::server {

// Who asks, by what his request carries. An answer instead: it is not for him.
class AwsCallers {
 public:
  AwsCallers(const Services& services, const Gate& gate) : services_(services), gate_(gate) {}

  tl::expected<auth::CallerPtr, Reply> Find(const Request& request, auth::Role role) const;
  static Reply NotFor(std::string_view stream);

 private:
  const Services& services_;
  const Gate& gate_;
};

// Records of PutRecord and the like; the body names the stream.
class AwsEnvelope final : public Envelope {
 public:
  AwsEnvelope(AwsPut put, const Services& services, const AwsCallers& callers, const Ingest& ingest)
      : put_(put), services_(services), callers_(callers), ingest_(ingest) {}

  std::optional<Reply> Unwrap(const Request& request, std::string_view body, const UnwrapLimits& limits, TextArena& texts,
                              Unwrapped* out) const override;
  Reply Answer(const IngestCall& call, const config::Pipeline& pipeline) const override;
  Reply Dress(Reply reply) const override;
  // A client that got no answer sends the request again under the same id.
  std::string_view RepeatKey(const Request& request) const override { return request.Header(HeaderField::kAmzInvocation); }

 private:
  bool is_firehose() const { return put_ == AwsPut::kFirehoseRecord || put_ == AwsPut::kFirehoseBatch; }
  bool is_list() const { return put_ == AwsPut::kRecords || put_ == AwsPut::kFirehoseBatch; }

  const AwsPut put_;
  const Services& services_;
  const AwsCallers& callers_;
  const Ingest& ingest_;
};

// Threads: a loop's. Ownership: borrows everything.
class AwsDoor {
 public:
  AwsDoor(const Services& services, const Gate& gate, Ingest& ingest, ReadPool& pool);

  void Call(const ExchangePtr& exchange);

 private:
  struct Put {
    std::unique_ptr<AwsEnvelope> envelope;
    IngestDoor door;
  };
  void AddPut(std::string_view target, AwsPut put);
  void Read(const ExchangePtr& exchange, KinesisRead read);

  const Services& services_;
  const AwsCallers callers_;
  Ingest& ingest_;
  ReadPool& pool_;
  const KinesisReads reads_;
  std::map<std::string, Put, std::less<>> puts_;          // by target
  std::map<std::string, KinesisRead, std::less<>> targets_;  // those that read
};

}  // namespace tailrace::server
