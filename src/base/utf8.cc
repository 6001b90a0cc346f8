#include "base/utf8.h"

namespace tailrace {
namespace {

// Length of the character that begins with `lead`, 0 when none can.
size_t CharacterLength(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

// Overlong forms, surrogates and code points above U+10FFFF show in the second byte.
bool SecondByteFits(unsigned char lead, unsigned char second) {
  if (lead == 0xE0) return second >= 0xA0;
  if (lead == 0xED) return second < 0xA0;
  if (lead == 0xF0) return second >= 0x90;
  if (lead == 0xF4) return second < 0x90;
  return true;
}

// Length of the well-formed character at the front, 0 when there is none.
size_t FirstCharacter(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes.front());
  const size_t length = CharacterLength(lead);
  if (length > bytes.size()) return 0;
  for (size_t k = 1; k < length; ++k) {
    if (!IsUtf8Continuation(bytes[k])) return 0;
  }
  return length > 1 && !SecondByteFits(lead, static_cast<unsigned char>(bytes[1])) ? 0 : length;
}

std::string Escaped(char byte) {
  static constexpr char kDigits[] = "0123456789abcdef";
  if (byte == '\n') return "\\n";
  if (byte == '\t') return "\\t";
  const auto code = static_cast<unsigned char>(byte);
  return {'\\', 'x', kDigits[code >> 4], kDigits[code & 15]};
}

bool IsControl(char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; }

}  // namespace

std::optional<size_t> FirstNonUtf8(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size();) {
    const size_t length = FirstCharacter(bytes.substr(i));
    if (length == 0) return i;
    i += length;
  }
  return std::nullopt;
}

std::string CutText(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  size_t end = bytes_max;
  while (end > 0 && IsUtf8Continuation(text[end])) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::string ShownText(std::string_view bytes, size_t bytes_max) {
  std::string text;
  const std::string cut = CutText(bytes, bytes_max);
  for (size_t i = 0; i < cut.size();) {
    const size_t length = FirstCharacter(std::string_view(cut).substr(i));
    if (length == 0 || IsControl(cut[i])) {
      text += Escaped(cut[i++]);
      continue;
    }
    text.append(cut, i, length);
    i += length;
  }
  return text;
}

}  // namespace tailrace
