// The Kafka REST Proxy's interface, version 2, in front of the streams: a topic is a stream, by its name or an alias.
// Shapes and error codes: Confluent REST Proxy API reference, v2.
#pragma once

#include "server/doors/envelope.h"
#include "server/doors/ingest.h"
#include "server/doors/kafka_unwrap.h"
#include "server/http/exchange.h"
#include "server/services.h"

namespace tailrace::server {

class KafkaEnvelope final : public Envelope {
 public:
  std::optional<Reply> Unwrap(const Request& request, std::string_view body, const UnwrapLimits& limits, TextArena& texts,
                              Unwrapped* out) const override;
  Reply Answer(const IngestCall& call, const config::Pipeline& pipeline) const override;
  Reply Dress(Reply reply) const override;
};

// Threads: a loop's. Ownership: borrows everything.
class KafkaRest {
 public:
  KafkaRest(const Services& services, Ingest& ingest) : services_(services), ingest_(ingest), door_(DoorOfEnvelope(services.pipeline, envelope_, "POST /topics/{stream}")) {}

  void Produce(const ExchangePtr& exchange);
  void ListTopics(const ExchangePtr& exchange);
  void DescribeTopic(const ExchangePtr& exchange);
  void ListPartitions(const ExchangePtr& exchange);
  void DescribePartition(const ExchangePtr& exchange);

  const Envelope& envelope() const { return envelope_; }

 private:
  // Index of the stream that the path names; else answers.
  std::optional<size_t> TopicOf(const ExchangePtr& exchange) const;

  const Services& services_;
  Ingest& ingest_;
  const KafkaEnvelope envelope_;
  const IngestDoor door_;
};

}  // namespace tailrace::server
