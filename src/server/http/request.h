// One HTTP request as parsed: views into the connection's buffer, valid until it is answered.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/caller.h"
#include "base/result.h"

namespace tailrace::server {

// Fields of the header that something here asks for.
enum class HeaderField {
  kHost,
  kOrigin,
  kAccept,
  kContentType,
  kContentEncoding,
  kExpect,
  kIdempotencyKey,
  kLastEventId,
  kAuthorization,
  kApiKey,
  kRequestMethod,   // Access-Control-Request-Method
  kRequestHeaders,  // Access-Control-Request-Headers
  kAmzTarget,       // X-Amz-Target
  kAmzDate,         // X-Amz-Date
  kAmzInvocation,   // amz-sdk-invocation-id: the same when a client of Amazon's sends a request again
  kCount
};

class Request {
 public:
  static constexpr size_t kPathParamsMax = 4;

  std::string_view head;    // the request line and all fields, as sent
  std::string_view method;
  std::string_view target;  // as sent
  std::string_view path;    // of the target, not decoded
  std::string_view query;   // of the target, without the question mark, not decoded
  // Who sends it. Never null once it has a route that is not public; it may do everything where nobody is asked who he is.
  auth::CallerPtr caller;
  // The caller is nobody yet: he is known by a signature over the body, which the handler checks.
  bool is_signed = false;
  std::string_view body;    // followed by RecordDecoder::kPadding readable bytes
  bool has_length = false;  // Content-Length or chunks were announced

  // Empty when the field is not there; `Has` tells that apart from an empty value.
  std::string_view Header(HeaderField field) const { return headers_[static_cast<size_t>(field)].value_or(std::string_view()); }
  bool Has(HeaderField field) const { return headers_[static_cast<size_t>(field)].has_value(); }
  void SetHeader(HeaderField field, std::string_view value) { headers_[static_cast<size_t>(field)] = value; }

  // The text that stands for the n-th {placeholder} of the route, decoded.
  std::string PathParam(size_t index) const;
  void SetPathParam(size_t index, std::string_view raw) { path_params_[index] = raw; }

  // Parameters of the query in their order, decoded. kInvalid: a bad escape.
  Result<std::vector<std::pair<std::string, std::string>>> QueryParams() const;

 private:
  std::array<std::optional<std::string_view>, static_cast<size_t>(HeaderField::kCount)> headers_;
  std::array<std::string_view, kPathParamsMax> path_params_;
};

// %41 to A, and `+` to a space where `plus_is_space`. Nullopt: a bad escape.
std::optional<std::string> PercentDecode(std::string_view text, bool plus_is_space);

// The media type in lower case, without parameters.
std::string MediaType(std::string_view content_type);

// The value of `name=` among the parameters of a media type, in lower case, without quotes; empty when there is none.
std::string MediaParameter(std::string_view content_type, std::string_view name);

bool EqualsIgnoreCase(std::string_view a, std::string_view b);

}  // namespace tailrace::server
