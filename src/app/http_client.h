// A small HTTP/1.1 client, for commands that ask the running server: plain TCP, one request at a time, no redirects.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "crypto/tls.h"

namespace tailrace::app {

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query, percent-encoded
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;

  // Empty when there is none.
  std::string_view Header(std::string_view lower_case_name) const;
};

// Threads: one at a time. The connection is kept between requests and made again when the server has closed it.
class HttpClient {
 public:
  HttpClient(std::string host, uint16_t port);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sent with every request as `Authorization: Bearer`. Kept out of errors.
  void SetKey(std::string key) { key_ = std::move(key); }

  // Speaks TLS from the next connection on, believing what `trust` says; an error of it is that of every request.
  void SetTls(Result<std::shared_ptr<const crypto::TlsClientContext>> trust) { tls_ = std::move(trust); }

  // Waits as long as it takes; kCancelled when `stop` comes first. kUnavailable: nobody answers there (for a request
  // that changes something the outcome is then unknown), or what answers does not speak HTTP.
  Result<HttpResponse> Send(const HttpRequest& request, const std::stop_token& stop = {});

  // For answers without end: hands the body out as it comes until `take` returns false or the server ends it. The body
  // of an answer with another status than 200 is in the response instead.
  Result<HttpResponse> Stream(const HttpRequest& request, const std::function<bool(std::string_view)>& take,
                              const std::stop_token& stop);

  // "127.0.0.1:7070"
  std::string address() const;
  // False: its port is 0, that of a file which leaves the port to the system, so that nobody can be asked.
  bool has_address() const { return port_ != 0; }

  static constexpr size_t kHeaderBytesMax = 64 << 10;
  static constexpr size_t kBodyBytesMax = size_t{1} << 30;

 private:
  class Connection;

  Status Connect();
  Result<HttpResponse> Exchange(const HttpRequest& request, const std::function<bool(std::string_view)>* take,
                                const std::stop_token& stop);
  Error Unreachable(const Error& cause) const;

  const std::string host_;
  const uint16_t port_;
  std::string key_;
  Result<std::shared_ptr<const crypto::TlsClientContext>> tls_{nullptr};  // null: plain
  std::unique_ptr<Connection> connection_;
};

// For a part of a path or a value of a query.
std::string PercentEncoded(std::string_view text);

}  // namespace tailrace::app
