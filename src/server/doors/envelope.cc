#include "server/doors/envelope.h"

#include <cstring>

#include "engine/byte_text.h"
#include "model/json_members.h"
#include "model/record_decoder.h"

namespace tailrace::server {
namespace {

std::string TextMember(std::string_view json, std::string_view name) {
  const auto members = JsonMembers(json);
  if (!members) return {};
  for (const auto& [key, value] : *members) {
    if (key == name) return JsonStringValue(value).value_or(std::string());
  }
  return {};
}

}  // namespace

ErrorParts ErrorPartsOf(const Reply& reply) {
  const auto members = JsonMembers(reply.body);
  if (!members) return {};
  for (const auto& [key, value] : *members) {
    if (key == "error") return {TextMember(value, "code"), TextMember(value, "message")};
  }
  return {};
}

std::optional<std::string_view> DecodeBase64(std::string_view text, TextArena& texts) {
  const auto bytes = engine::FromBase64(text);
  if (!bytes) return std::nullopt;
  return CopyPadded(*bytes, texts);
}

std::string_view CopyPadded(std::string_view text, TextArena& texts) {
  const std::span<char> out = texts.Make(text.size() + RecordDecoder::kPadding);
  std::memcpy(out.data(), text.data(), text.size());
  std::memset(out.data() + text.size(), 0, RecordDecoder::kPadding);
  return {out.data(), text.size()};
}

}  // namespace tailrace::server
