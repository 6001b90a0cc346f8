// What `load` sends to a server: any bytes are a message or none, and a message that is written again is the same one.
#include "fuzz.h"
#include "model/record_decoder.h"
#include "ports/row_message.h"

namespace tailrace::fuzz {

void Run(std::string_view input) {
  const Copy body(input, RecordDecoder::kPadding);
  const auto message = ParseRowMessage(body.text());
  if (!message) return;
  Require(!message->batch.rows.empty(), "a message has rows");
  int64_t place = message->start;
  for (const SourceRow& row : message->batch.rows) {
    Require(row.place >= place && row.place < message->batch.next, "places ascend");
    place = row.place;
    Require(row.fault.empty() != row.json.empty(), "a row is JSON or a fault");
  }
  std::string once, twice;
  AppendRowMessage(*message, &once);
  const Copy again(once, RecordDecoder::kPadding);
  const auto read = ParseRowMessage(again.text());
  Require(read.has_value(), "what is written can be read");
  AppendRowMessage(*read, &twice);
  RequireSame(once, twice, "a message is the same when it is written again");
}

}  // namespace tailrace::fuzz
