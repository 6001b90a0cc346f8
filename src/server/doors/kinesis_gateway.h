// Kinesis behind an API gateway, as people set it up: PUT /streams/{stream}/record with {"StreamName","Data","PartitionKey"}, Data being the
// record itself, and PUT /streams/{stream}/records with a list of those. Answers: those of PutRecord and PutRecords.
#pragma once

#include "server/doors/envelope.h"
#include "server/doors/ingest.h"
#include "server/http/exchange.h"
#include "server/services.h"

namespace tailrace::server {

class GatewayEnvelope final : public Envelope {
 public:
  explicit GatewayEnvelope(bool many) : many_(many) {}

  std::optional<Reply> Unwrap(const Request& request, std::string_view body, const UnwrapLimits& limits, TextArena& texts,
                              Unwrapped* out) const override;
  Reply Answer(const IngestCall& call, const config::Pipeline& pipeline) const override;
  Reply Dress(Reply reply) const override;

 private:
  const bool many_;
};

// Threads: a loop's. Ownership: borrows everything.
class KinesisGateway {
 public:
  KinesisGateway(const Services& services, Ingest& ingest)
      : ingest_(ingest), one_door_(DoorOfEnvelope(services.pipeline, one_, "PUT /streams/{stream}/record")), many_door_(DoorOfEnvelope(services.pipeline, many_, "PUT /streams/{stream}/records")) {}

  void PutRecord(const ExchangePtr& exchange) { Put(exchange, one_door_); }
  void PutRecords(const ExchangePtr& exchange) { Put(exchange, many_door_); }

  const Envelope& envelope() const { return one_; }

 private:
  void Put(const ExchangePtr& exchange, const IngestDoor& door);

  Ingest& ingest_;
  const GatewayEnvelope one_{false};
  const GatewayEnvelope many_{true};
  const IngestDoor one_door_;
  const IngestDoor many_door_;
};

}  // namespace tailrace::server
