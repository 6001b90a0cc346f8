#include "server/doors/kinesis_gateway.h"

#include <utility>

#include "server/doors/aws_shape.h"
#include "server/doors/ingest_call.h"
#include "server/doors/kinesis_answer.h"
#include "server/doors/kinesis_unwrap.h"

namespace tailrace::server {
std::optional<Reply> GatewayEnvelope::Unwrap(const Request&, std::string_view body, const UnwrapLimits& limits, TextArena& texts,
                                             Unwrapped* out) const {
  return UnwrapGateway(body, many_, limits, texts, &out->records);
}

Reply GatewayEnvelope::Answer(const IngestCall& call, const config::Pipeline& pipeline) const {
  return many_ ? PutRecordsAnswer(call, pipeline, AwsDialect::kGateway) : PutRecordAnswer(call, pipeline, AwsDialect::kGateway);
}

Reply GatewayEnvelope::Dress(Reply reply) const { return AwsDressed(std::move(reply), AwsDialect::kGateway); }

void KinesisGateway::Put(const ExchangePtr& exchange, const IngestDoor& door) {
  const std::string name = exchange->request().PathParam(0);
  const int stream = ingest_.FindStream(name);
  if (stream < 0) return exchange->Send(AwsError(400, kNoSuchResource, "Stream " + name + " not found", kJsonType));
  ingest_.AppendTo(exchange, door, static_cast<size_t>(stream));
}

}  // namespace tailrace::server
