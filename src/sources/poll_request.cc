#include "sources/poll_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "model/json_members.h"
#include "sql/text_format.h"

namespace tailrace {
namespace {

std::string TextOf(std::string_view json) {
  if (!json.starts_with('"')) return std::string(json);
  return JsonStringValue(json).value_or("");
}

Error At(const Error& error, std::string_view key) { return error.With(key); }

bool IsNamed(const std::vector<OutboundHeader>& headers, std::string_view lower_case_name) {
  return std::any_of(headers.begin(), headers.end(), [&](const OutboundHeader& header) {
    return std::equal(header.name.begin(), header.name.end(), lower_case_name.begin(), lower_case_name.end(),
                      [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
  });
}

}  // namespace

std::string UrlEncoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
  return out;
}

std::string BasicCredentials(std::string_view user, std::string_view password) {
  std::string value = "Basic ";
  sql::AppendBase64(fmt::format("{}:{}", user, password), &value);
  return value;
}

Result<PollRequests::Texts> PollRequests::CompileTexts(const std::vector<std::pair<std::string, std::string>>& texts, std::string_view key) {
  Texts compiled;
  for (const auto& [name, text] : texts) {
    auto one = schedule::Template::Parse(text);
    if (!one) return Fail(At(one.error(), fmt::format("{}.{}", key, name)));
    compiled.emplace_back(name, std::move(*one));
  }
  return compiled;
}

Status PollRequests::CompileUrl() {
  auto url = schedule::Template::Parse(spec_.url);
  if (!url) return Fail(At(url.error(), "url"));
  url_.push_back(std::move(*url));
  return {};
}

Result<PollRequests> PollRequests::Compile(const config::PollSourceSpec& spec) {
  PollRequests made(spec);
  if (spec.each.empty()) return Fail(Error::Invalid("each: empty"));
  TR_RETURN_IF_ERROR(made.CompileUrl());
  TR_TRY(made.headers_, CompileTexts(spec.headers, "headers"));
  TR_TRY(made.query_, CompileTexts(spec.query, "query"));
  if (spec.body_is_json) {
    auto body = JsonTemplate::Parse(spec.body);
    if (!body) return Fail(At(body.error(), "body"));
    made.json_body_.push_back(std::move(*body));
  } else if (!spec.body.empty()) {
    auto body = schedule::Template::Parse(spec.body);
    if (!body) return Fail(At(body.error(), "body"));
    made.text_body_.push_back(std::move(*body));
  }
  for (const auto& [name, json] : spec.add) {
    auto value = JsonTemplate::Parse(json);
    if (!value) return Fail(At(value.error(), "add." + name));
    made.added_.emplace_back(name, std::move(*value));
  }
  // One of each finds the names that have no value.
  for (size_t i = 0; i < spec.each.size(); ++i) {
    TR_RETURN_IF_ERROR(made.Make(WallTime{0}, i, ""));
    TR_RETURN_IF_ERROR(made.Added(WallTime{0}, i));
  }
  return made;
}

PollValues PollRequests::ValuesOf(WallTime due, size_t request) const {
  PollValues values;
  values.texts.times["due"] = due;
  if (spec_.schedule) values.texts.zone = spec_.schedule->zone();
  for (const auto& [name, json] : spec_.each[request]) {
    values.texts.texts[name] = TextOf(json);
    values.json[name] = json;
  }
  return values;
}

Result<std::string> PollRequests::Url(const PollValues& values, std::string_view asked) const {
  using By = config::PollPages::By;
  const config::PollPages& pages = spec_.pages;
  const bool asked_is_address = !asked.empty() && (pages.by == By::kLink || (pages.by == By::kCursor && pages.param.empty()));
  PollValues encoded = values;
  for (auto& [name, text] : encoded.texts.texts) text = UrlEncoded(text);
  std::string url(asked);
  const auto add = [&url](std::string_view name, std::string_view value) {
    url += fmt::format("{}{}={}", url.find('?') == std::string::npos ? '?' : '&', UrlEncoded(name), UrlEncoded(value));
  };
  if (!asked_is_address) {
    auto written = url_.front().Render(encoded.texts);
    if (!written) return Fail(At(written.error(), "url"));
    url = std::move(*written);
    for (const auto& [name, text] : query_) {
      auto value = text.Render(values.texts);
      if (!value) return Fail(At(value.error(), "query." + name));
      add(name, *value);
    }
    if (pages.by == By::kPage || pages.by == By::kOffset) add(pages.param, asked.empty() ? std::to_string(pages.first) : std::string(asked));
    if (pages.by == By::kCursor && !asked.empty()) add(pages.param, asked);
    if (pages.size > 0 && !pages.size_param.empty()) add(pages.size_param, std::to_string(pages.size));
  }
  // Also behind an address that the server gave: what does not stand in it already.
  const bool has_key = url.find(UrlEncoded(spec_.auth.name) + "=") != std::string::npos;
  if (spec_.auth.kind == config::PollAuth::Kind::kQuery && !(asked_is_address && has_key)) add(spec_.auth.name, spec_.auth.value);
  return url;
}

void PollRequests::AddCredentials(OutboundRequest* request) const {
  using Kind = config::PollAuth::Kind;
  const config::PollAuth& auth = spec_.auth;
  if (auth.kind == Kind::kHeader) request->headers.push_back({auth.name, auth.value, true});
  if (auth.kind == Kind::kBearer) request->headers.push_back({"Authorization", "Bearer " + auth.value, true});
  if (auth.kind == Kind::kBasic) request->headers.push_back({"Authorization", BasicCredentials(auth.name, auth.value), true});
}

Result<OutboundRequest> PollRequests::Make(WallTime due, size_t request, std::string_view asked) const {
  const PollValues values = ValuesOf(due, request);
  OutboundRequest made;
  made.method = spec_.method;
  TR_TRY(made.url, Url(values, asked));
  for (const auto& [name, text] : headers_) {
    auto value = text.Render(values.texts);
    if (!value) return Fail(At(value.error(), "headers." + name));
    // What a header holds may be a secret of the file; another server has no use for it.
    made.headers.push_back({name, std::move(*value), true});
  }
  AddCredentials(&made);
  if (!json_body_.empty()) {
    auto body = json_body_.front().Render(values);
    if (!body) return Fail(At(body.error(), "body"));
    made.body = std::move(*body);
    if (!IsNamed(made.headers, "content-type")) made.headers.push_back({"Content-Type", "application/json", false});
  } else if (!text_body_.empty()) {
    auto body = text_body_.front().Render(values.texts);
    if (!body) return Fail(At(body.error(), "body"));
    made.body = std::move(*body);
  }
  if (!IsNamed(made.headers, "accept")) made.headers.push_back({"Accept", "application/json", false});
  made.allow_private = spec_.allow_private;
  made.tries_max = spec_.tries_max;
  made.timeout = spec_.timeout;
  made.connect_timeout = std::min(made.connect_timeout, made.timeout);
  made.answer_bytes_max = static_cast<size_t>(spec_.answer_bytes_max);
  return made;
}

Result<std::vector<std::pair<std::string, std::string>>> PollRequests::Added(WallTime due, size_t request) const {
  const PollValues values = ValuesOf(due, request);
  std::vector<std::pair<std::string, std::string>> added;
  for (const auto& [name, json] : added_) {
    auto value = json.Render(values);
    if (!value) return Fail(At(value.error(), "add." + name));
    added.emplace_back(name, std::move(*value));
  }
  return added;
}

}  // namespace tailrace
