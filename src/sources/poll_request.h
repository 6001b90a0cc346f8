// The requests of a poll, filled in.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/spec_poll.h"
#include "ports/outbound_http.h"
#include "sources/poll_template.h"

namespace tailrace {

// A `poll` source's texts, parsed once. Threads: thread-safe as const.
class PollRequests {
 public:
  // kInvalid: a text that is no template, or names a value that `each` does not give; with the key it stands under.
  static Result<PollRequests> Compile(const config::PollSourceSpec& spec);

  // The request for one entry of `each`; `asked` is what asks for the page ("" for the first). Without credentials that
  // are fetched (oauth2) and without validators.
  Result<OutboundRequest> Make(WallTime due, size_t request, std::string_view asked) const;

  // The fields that are put into each record, with their values as JSON.
  Result<std::vector<std::pair<std::string, std::string>>> Added(WallTime due, size_t request) const;

 private:
  using Texts = std::vector<std::pair<std::string, schedule::Template>>;

  explicit PollRequests(const config::PollSourceSpec& spec) : spec_(spec) {}
  static Result<Texts> CompileTexts(const std::vector<std::pair<std::string, std::string>>& texts, std::string_view key);
  Status CompileUrl();
  PollValues ValuesOf(WallTime due, size_t request) const;
  Result<std::string> Url(const PollValues& values, std::string_view asked) const;
  void AddCredentials(OutboundRequest* request) const;

  config::PollSourceSpec spec_;
  std::vector<schedule::Template> url_;  // of one part; its values are percent-encoded
  Texts headers_;
  Texts query_;
  std::vector<JsonTemplate> json_body_;      // one or none
  std::vector<schedule::Template> text_body_;  // one or none
  std::vector<std::pair<std::string, JsonTemplate>> added_;
};

// For a part of a path or a value of a query (RFC 3986: all but letters, digits and -._~).
std::string UrlEncoded(std::string_view text);

// The value of an Authorization header (RFC 7617).
std::string BasicCredentials(std::string_view user, std::string_view password);

}  // namespace tailrace
