#include "http_client/curl_http.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <utility>

#include "http_client/address_policy.h"

namespace tailrace::http_client {
namespace {

using std::chrono::milliseconds;

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;
using Multi = std::unique_ptr<CURLM, FreeMulti>;
using List = std::unique_ptr<curl_slist, FreeList>;
using Url = std::unique_ptr<CURLU, FreeUrl>;

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool IsHeaderValue(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string PartOf(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return "";
  std::string copy(text);
  curl_free(text);
  return copy;
}

struct Origin {
  std::string scheme;
  std::string host;
  std::string port;
  bool operator==(const Origin&) const = default;
};

Result<Origin> OriginOf(const std::string& text, const HiddenTexts& hidden) {
  const Url url(curl_url());
  const CURLUcode code = url == nullptr ? CURLUE_OUT_OF_MEMORY : curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0);
  if (code != CURLUE_OK) return Fail(Error::Invalid(fmt::format("{}: {}", ShownAddress(text, hidden), curl_url_strerror(code))));
  Origin origin{PartOf(url.get(), CURLUPART_SCHEME), LowerCase(PartOf(url.get(), CURLUPART_HOST)), PartOf(url.get(), CURLUPART_PORT)};
  if (origin.scheme != "http" && origin.scheme != "https") {
    return Fail(Error::Invalid(fmt::format("{}: only http and https are asked", ShownAddress(text, hidden))));
  }
  return origin;
}

bool IsRedirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

// Whether libcurl's verdict may be another one in a moment.
bool IsPassing(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_AGAIN:
      return true;
    default:
      return false;
  }
}

// One request and its answer, without what redirects ask for.
class Exchange {
 public:
  Exchange(const OutboundRequest& request, const CurlHttpOptions& options) : request_(request), options_(options), easy_(curl_easy_init()) {}

  Result<OutboundAnswer> Run(const std::stop_token& stop);

  // Where a redirect leads, absolute; empty when there is none. After Run.
  std::string redirect() const {
    char* url = nullptr;
    return curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &url) == CURLE_OK && url != nullptr ? url : "";
  }

 private:
  template <typename T>
  void Set(CURLoption option, T value) {
    const CURLcode code = curl_easy_setopt(easy_.get(), option, value);
    if (setup_ == CURLE_OK) setup_ = code;
  }
  Status SetUp();
  void SetHeaders();
  void SetBody();
  Result<CURLcode> Perform(const std::stop_token& stop);
  Error Verdict(CURLcode code) const;

  static size_t TakeBody(char* bytes, size_t one, size_t count, void* self);
  static size_t TakeHeader(char* bytes, size_t one, size_t count, void* self);
  static curl_socket_t OpenSocket(void* self, curlsocktype purpose, curl_sockaddr* address);

  const OutboundRequest& request_;
  const CurlHttpOptions& options_;
  const Easy easy_;
  List headers_;
  CURLcode setup_ = CURLE_OK;
  std::array<char, CURL_ERROR_SIZE> said_{};
  OutboundAnswer answer_;
  size_t header_bytes_ = 0;
  std::string refused_;  // an address that may not be asked
  std::string too_long_;
};

size_t Exchange::TakeBody(char* bytes, size_t one, size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  if (one * count > exchange.request_.answer_bytes_max - exchange.answer_.body.size()) {
    exchange.too_long_ = fmt::format("the answer is longer than {} bytes", exchange.request_.answer_bytes_max);
    return CURL_WRITEFUNC_ERROR;
  }
  exchange.answer_.body.append(bytes, one * count);
  return one * count;
}

size_t Exchange::TakeHeader(char* bytes, size_t one, size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  exchange.header_bytes_ += one * count;
  if (exchange.header_bytes_ > kHeaderBytesMax) {
    exchange.too_long_ = fmt::format("the header of the answer is longer than {} bytes", kHeaderBytesMax);
    return CURL_WRITEFUNC_ERROR;
  }
  const std::string_view line(bytes, one * count);
  if (line.starts_with("HTTP/")) exchange.answer_.headers.clear();  // behind an interim answer such as 100
  const size_t colon = line.find(':');
  if (!line.starts_with("HTTP/") && colon != std::string_view::npos) {
    exchange.answer_.headers.emplace_back(LowerCase(Trimmed(line.substr(0, colon))), Trimmed(line.substr(colon + 1)));
  }
  return one * count;
}

curl_socket_t Exchange::OpenSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(self);
  const AddressKind kind = KindOf(address->addr);
  if (kind == AddressKind::kNever) {
    exchange.refused_ = TextOf(address->addr) + " is link-local or reserved, which is never asked";
    return CURL_SOCKET_BAD;
  }
  if (kind == AddressKind::kPrivate && !exchange.request_.allow_private) {
    exchange.refused_ = TextOf(address->addr) + " is a private address, which is asked only with allow_private: true";
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void Exchange::SetHeaders() {
  const auto add = [this](const std::string& line) {
    if (curl_slist* longer = curl_slist_append(headers_.get(), line.c_str())) {
      [[maybe_unused]] const curl_slist* same = headers_.release();
      headers_.reset(longer);
    } else {
      setup_ = CURLE_OUT_OF_MEMORY;
    }
  };
  bool typed = false;
  for (const OutboundHeader& header : request_.headers) {
    add(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
    typed = typed || LowerCase(header.name) == "content-type";
  }
  add("Expect:");                    // a round trip more, for bodies that are short
  if (!typed) add("Content-Type:");  // libcurl would say that it is a form
  Set(CURLOPT_HTTPHEADER, headers_.get());
}

void Exchange::SetBody() {
  if (request_.method == "HEAD") {
    Set(CURLOPT_NOBODY, 1L);
    return;
  }
  const bool has_body = !request_.body.empty() || request_.method == "POST" || request_.method == "PUT" || request_.method == "PATCH";
  if (has_body) {
    Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    Set(CURLOPT_POSTFIELDS, request_.body.data());
  }
  if (request_.method != (has_body ? "POST" : "GET")) Set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

Status Exchange::SetUp() {
  if (easy_ == nullptr) return Fail(Error::Unavailable("no memory for a request"));
  if (!IsToken(request_.method)) return Fail(Error::Invalid("no method: " + request_.method));
  for (const OutboundHeader& header : request_.headers) {
    if (!IsToken(header.name)) return Fail(Error::Invalid("no name of a header: " + header.name));
    if (!IsHeaderValue(header.value)) return Fail(Error::Invalid("the header " + header.name + " holds a line break"));
  }
  Set(CURLOPT_ERRORBUFFER, said_.data());
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_URL, request_.url.c_str());
  Set(CURLOPT_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  Set(CURLOPT_PROXY, "");  // those of the environment neither: the address that is checked must be the one that is asked
  Set(CURLOPT_USERAGENT, options_.user_agent.c_str());
  Set(CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  Set(CURLOPT_FOLLOWLOCATION, 0L);
  Set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<int64_t>(request_.timeout.count(), 1)));
  Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::max<int64_t>(request_.connect_timeout.count(), 1)));
  Set(CURLOPT_OPENSOCKETFUNCTION, &Exchange::OpenSocket);
  Set(CURLOPT_OPENSOCKETDATA, this);
  Set(CURLOPT_WRITEFUNCTION, &Exchange::TakeBody);
  Set(CURLOPT_WRITEDATA, this);
  Set(CURLOPT_HEADERFUNCTION, &Exchange::TakeHeader);
  Set(CURLOPT_HEADERDATA, this);
  if (!options_.ca_file.empty()) Set(CURLOPT_CAINFO, options_.ca_file.c_str());
  SetHeaders();
  SetBody();
  if (setup_ != CURLE_OK) return Fail(Error::Invalid(curl_easy_strerror(setup_)));
  return {};
}

Result<CURLcode> Exchange::Perform(const std::stop_token& stop) {
  const Multi multi(curl_multi_init());
  if (multi == nullptr || curl_multi_add_handle(multi.get(), easy_.get()) != CURLM_OK) {
    return Fail(Error::Unavailable("no memory for a request"));
  }
  constexpr int kLongestWaitMs = 1'000;
  Result<CURLcode> outcome = CURLE_OK;
  {
    const std::stop_callback wake(stop, [&multi] { curl_multi_wakeup(multi.get()); });
    int running = 1;
    CURLMcode code = CURLM_OK;
    while (running > 0 && code == CURLM_OK && !stop.stop_requested()) {
      code = curl_multi_perform(multi.get(), &running);
      if (code == CURLM_OK && running > 0) code = curl_multi_poll(multi.get(), nullptr, 0, kLongestWaitMs, nullptr);
    }
    if (code != CURLM_OK) outcome = Fail(Error::Unavailable(curl_multi_strerror(code)));
    if (running > 0 && stop.stop_requested()) outcome = Fail(Error::Cancelled("stopping"));
  }
  int left = 0;
  if (const CURLMsg* done = curl_multi_info_read(multi.get(), &left); done != nullptr && outcome) outcome = done->data.result;
  curl_multi_remove_handle(multi.get(), easy_.get());
  return outcome;
}

Error Exchange::Verdict(CURLcode code) const {
  const std::string address = ShownAddress(request_.url, request_.hidden);
  if (!too_long_.empty()) return Error::Invalid(address + ": " + too_long_);
  // Of several addresses of one name, one that may be asked has had its turn, too.
  if (!refused_.empty() && code == CURLE_COULDNT_CONNECT) return Error::Invalid(address + ": " + refused_);
  const std::string said = said_.front() == '\0' ? curl_easy_strerror(code) : said_.data();
  return {IsPassing(code) ? ErrorCode::kUnavailable : ErrorCode::kInvalid, address + ": " + said};
}

Result<OutboundAnswer> Exchange::Run(const std::stop_token& stop) {
  TR_RETURN_IF_ERROR(SetUp());
  TR_TRY(const CURLcode code, Perform(stop));
  if (code != CURLE_OK) return Fail(Verdict(code));
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  answer_.status = static_cast<int>(status);
  answer_.url = request_.url;
  answer_.hidden = request_.hidden;
  return std::move(answer_);
}

// The request that a redirect asks for.
Status Redirect(int status, const std::string& target, OutboundRequest* request) {
  if (target.size() > kHeaderBytesMax) return Fail(Error::Invalid(ShownAddress(request->url, request->hidden) + ": redirects to an address without end"));
  TR_TRY(const Origin from, OriginOf(request->url, request->hidden));
  auto to = OriginOf(target, request->hidden);
  if (!to) return Fail(to.error().With(ShownAddress(request->url, request->hidden) + " redirects"));
  if (from.scheme == "https" && to->scheme != "https") {
    return Fail(Error::Invalid(fmt::format("{} redirects to {}, which is not https", ShownAddress(request->url, request->hidden), ShownAddress(target, request->hidden))));
  }
  if (from != *to) std::erase_if(request->headers, [](const OutboundHeader& header) { return header.secret; });
  const bool repeats = status == 307 || status == 308 || request->method == "GET" || request->method == "HEAD";
  if (!repeats) {
    request->method = "GET";
    request->body.clear();
    std::erase_if(request->headers, [](const OutboundHeader& header) { return LowerCase(header.name) == "content-type"; });
  }
  request->url = target;
  return {};
}

class CurlHttp final : public OutboundHttp {
 public:
  explicit CurlHttp(CurlHttpOptions options) : options_(std::move(options)) {
    static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
    ready_ = kReady;
  }

  Result<OutboundAnswer> Send(const OutboundRequest& request, const std::stop_token& stop) override {
    if (ready_ != CURLE_OK) return Fail(Error::Unavailable(curl_easy_strerror(ready_)));
    OutboundRequest hop = request;
    TR_RETURN_IF_ERROR(OriginOf(hop.url, hop.hidden));
    const auto deadline = std::chrono::steady_clock::now() + request.timeout;
    for (int redirects = 0;; ++redirects) {
      Exchange exchange(hop, options_);
      TR_TRY(auto answer, exchange.Run(stop));
      const std::string target = IsRedirect(answer.status) ? exchange.redirect() : "";
      if (target.empty() || request.redirects_max == 0) return answer;
      if (redirects == request.redirects_max) {
        return Fail(Error::Invalid(fmt::format("{}: redirected more than {} times", ShownAddress(request.url, request.hidden), request.redirects_max)));
      }
      TR_RETURN_IF_ERROR(Redirect(answer.status, target, &hop));
      hop.timeout = std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
      if (hop.timeout.count() <= 0) return Fail(Error::Unavailable(ShownAddress(request.url, request.hidden) + ": timed out behind a redirect"));
    }
  }

 private:
  const CurlHttpOptions options_;
  CURLcode ready_ = CURLE_OK;
};

}  // namespace

std::unique_ptr<OutboundHttp> NewCurlHttp(CurlHttpOptions options) { return std::make_unique<CurlHttp>(std::move(options)); }

}  // namespace tailrace::http_client
