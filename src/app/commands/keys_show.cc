#include "app/commands/keys_show.h"

#include <fmt/format.h>

#include "app/key_folder.h"
#include "app/key_text.h"

namespace tailrace::app {

void ShowIssuedKey(const control::IssuedKey& issued, bool json, Console& console) {
  const control::KeyRecord& record = issued.record;
  if (json) return console.OutLine(IssuedKeyJson(issued));
  if (record.IsAws()) console.OutLine(fmt::format("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}", record.id, issued.text));
  if (!record.IsAws()) console.OutLine(issued.text);
  console.ErrLine(fmt::format("key {}: {}{}", record.id, GrantText(record.grant),
                              record.expires_ms ? fmt::format(", until {}", TimeText(*record.expires_ms)) : ""));
  console.ErrLine(record.IsAws() ? "The secret is not shown again; it is kept sealed with aws.key of the data folder. A running server knows it within a second."
                                 : "It is not shown again; what is kept of it is a hash. A running server knows it within a second.");
}

}  // namespace tailrace::app
