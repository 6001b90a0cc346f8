#include "server/http/chunk_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tailrace::server {
namespace {

// A chunk's size with its extensions.
constexpr size_t kSizeLineBytesMax = 4096;
// All trailer fields together.
constexpr size_t kTrailerBytesMax = 4096;

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

bool IsText(char c) { return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != 0x7F); }

// RFC 9110, 5.6.2.
bool IsTokenCharacter(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || kMarks.find(c) != std::string_view::npos;
}

bool AllText(std::string_view text) { return std::all_of(text.begin(), text.end(), IsText); }

}  // namespace

ChunkProgress ChunkReader::Read(std::string_view bytes, std::string& body, size_t body_bytes_max) {
  ChunkProgress progress;
  while (state_ != State::kDone && !fault_) {
    const size_t taken = Step(bytes.substr(progress.consumed), body, body_bytes_max);
    if (taken == 0) break;
    progress.consumed += taken;
  }
  progress.done = state_ == State::kDone;
  progress.fault = fault_;
  return progress;
}

size_t ChunkReader::Step(std::string_view bytes, std::string& body, size_t body_bytes_max) {
  if (state_ == State::kData) return TakeData(bytes, body);
  if (state_ == State::kDataEnd) return TakeDataEnd(bytes);
  const bool is_size = state_ == State::kSize;
  const size_t bytes_max = is_size ? kSizeLineBytesMax : kTrailerBytesMax - trailer_bytes_;
  const size_t newline = bytes.find('\n');
  if (newline == std::string_view::npos && bytes.size() <= bytes_max) return 0;
  if (newline == std::string_view::npos || newline >= bytes_max) {
    Refuse(is_size ? "a chunk's header is too large" : "the trailer is too large");
    return 0;
  }
  if (newline == 0 || bytes[newline - 1] != '\r') {
    Refuse("a line does not end with CR LF");
    return 0;
  }
  const std::string_view line = bytes.substr(0, newline - 1);
  if (is_size) TakeSize(line, body, body_bytes_max);
  else TakeTrailer(line);
  return newline + 1;
}

size_t ChunkReader::TakeData(std::string_view bytes, std::string& body) {
  const auto taken = static_cast<size_t>(std::min<uint64_t>(missing_, bytes.size()));
  body.append(bytes.substr(0, taken));
  missing_ -= taken;
  if (missing_ == 0) state_ = State::kDataEnd;
  return taken;
}

size_t ChunkReader::TakeDataEnd(std::string_view bytes) {
  constexpr std::string_view kEnd = "\r\n";
  const std::string_view found = bytes.substr(0, kEnd.size());
  if (!kEnd.starts_with(found)) Refuse("a chunk is longer than its size");
  if (fault_ || found.size() < kEnd.size()) return 0;
  state_ = State::kSize;
  return kEnd.size();
}

void ChunkReader::TakeSize(std::string_view line, const std::string& body, size_t body_bytes_max) {
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), missing_, 16);
  if (error == std::errc::invalid_argument || line.front() == '-') return Refuse("a chunk's size is not a hexadecimal number");
  std::string_view extensions = line.substr(static_cast<size_t>(end - line.data()));
  while (!extensions.empty() && IsBlank(extensions.front())) extensions.remove_prefix(1);
  const bool has_extensions = end != line.data() + line.size();
  if (has_extensions && (!extensions.starts_with(';') || !AllText(extensions))) return Refuse("something follows a chunk's size");
  if (error == std::errc::result_out_of_range || missing_ > body_bytes_max - body.size()) {
    fault_ = ProtocolFault{413, "the body is larger than " + std::to_string(body_bytes_max) + " bytes"};
    return;
  }
  state_ = missing_ == 0 ? State::kTrailer : State::kData;
}

void ChunkReader::TakeTrailer(std::string_view line) {
  if (line.empty()) {
    state_ = State::kDone;
    return;
  }
  trailer_bytes_ += line.size() + 2;
  if (IsBlank(line.front())) return Refuse("a trailer field is folded over two lines");
  const size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  const bool is_field = colon != std::string_view::npos && !name.empty() && std::all_of(name.begin(), name.end(), IsTokenCharacter);
  if (!is_field || !AllText(line.substr(colon + 1))) return Refuse("a trailer line is no field");
}

}  // namespace tailrace::server
