#include "notify/email.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <utility>

#include "schedule/template.h"

namespace tailrace::notify {
namespace {

constexpr size_t kBase64LineBytes = 76;
// RFC 2047 lets an encoded word be 75 bytes long; 42 bytes of text make 56 of base64.
constexpr size_t kWordBytes = 42;
constexpr long kFirstPermanentReply = 500;

struct FreeCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::string Base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < text.size(); i += 3) {
    const auto byte = [&](size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
    const unsigned bits = (byte(i) << 16) | (byte(i + 1) << 8) | byte(i + 2);
    out += kDigits[bits >> 18];
    out += kDigits[(bits >> 12) & 63];
    out += i + 1 < text.size() ? kDigits[(bits >> 6) & 63] : '=';
    out += i + 2 < text.size() ? kDigits[bits & 63] : '=';
  }
  return out;
}

bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; }) && text.find("=?") == std::string_view::npos;
}

// A header's text, in encoded words when it is more than ASCII; never with a line break of its own.
std::string HeaderText(std::string_view text) {
  if (IsPlain(text) && text.size() < 900) return std::string(text);
  std::string out;
  while (!text.empty()) {
    size_t end = std::min(text.size(), kWordBytes);
    while (end < text.size() && end > 1 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    out += (out.empty() ? "" : "\r\n ") + fmt::format("=?UTF-8?B?{}?=", Base64(text.substr(0, end)));
    text.remove_prefix(end);
  }
  return out;
}

std::string Joined(const std::vector<std::string>& addresses) {
  std::string text;
  for (const std::string& address : addresses) text += (text.empty() ? "" : ",\r\n ") + address;
  return text;
}

struct Upload {
  std::string_view rest;
};

size_t Read(char* buffer, size_t size, size_t count, void* context) {
  auto* upload = static_cast<Upload*>(context);
  const size_t taken = std::min(size * count, upload->rest.size());
  std::memcpy(buffer, upload->rest.data(), taken);
  upload->rest.remove_prefix(taken);
  return taken;
}

int Progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(context)->stop_requested() ? 1 : 0;
}

// How the server is reached, and as whom.
void SetUp(CURL* curl, const EmailOptions& options, const std::stop_token* stop) {
  const std::string url = fmt::format("{}://{}:{}", options.tls ? "smtps" : "smtp", options.host, options.port);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(options.starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  if (!options.ca.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca.c_str());
  if (!options.user.empty()) {
    curl_easy_setopt(curl, CURLOPT_USERNAME, options.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, options.password.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, const_cast<std::stop_token*>(stop));
}

Error ErrorOf(const EmailOptions& options, CURLcode code, long reply) {
  if (code == CURLE_ABORTED_BY_CALLBACK) return Error::Cancelled("stopped");
  std::string text = fmt::format("the mail server {}:{}: {}", options.host, options.port, curl_easy_strerror(code));
  if (reply > 0) text += fmt::format(" ({})", reply);
  const bool never = code == CURLE_LOGIN_DENIED || code == CURLE_PEER_FAILED_VERIFICATION || reply >= kFirstPermanentReply;
  return never ? Error::Invalid(std::move(text)) : Error::Unavailable(std::move(text));
}

Result<std::unique_ptr<CURL, FreeCurl>> NewCurl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  std::unique_ptr<CURL, FreeCurl> curl(curl_easy_init());
  if (curl == nullptr) return Fail(Error::Exhausted("no memory for a message"));
  return curl;
}

Status Perform(CURL* curl, const EmailOptions& options) {
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_OK) return {};
  long reply = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply);
  return Fail(ErrorOf(options, code, reply));
}

class EmailNotifier final : public Notifier {
 public:
  EmailNotifier(EmailOptions options, Clock& clock, Random& random) : options_(std::move(options)), clock_(clock), random_(random) {}

  Status Send(const Notification& notification, std::stop_token stop) override {
    const std::string text = EmailText(options_, notification, clock_.Now(), random_.Next());
    TR_TRY(const auto curl, NewCurl());
    SetUp(curl.get(), options_, &stop);
    Upload upload{text};
    curl_easy_setopt(curl.get(), CURLOPT_MAIL_FROM, ("<" + options_.from + ">").c_str());
    curl_easy_setopt(curl.get(), CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_READFUNCTION, &Read);
    curl_easy_setopt(curl.get(), CURLOPT_READDATA, &upload);
    curl_slist* to = nullptr;
    for (const std::string& address : options_.to) to = curl_slist_append(to, ("<" + address + ">").c_str());
    const std::unique_ptr<curl_slist, FreeList> recipients(to);
    curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT, to);
    return Perform(curl.get(), options_);
  }

 private:
  const EmailOptions options_;
  Clock& clock_;
  Random& random_;
};

}  // namespace

std::string EmailText(const EmailOptions& options, const Notification& notification, WallTime now, uint64_t number) {
  const std::string date = schedule::FormatTime(now, "%a, %d %b %Y %H:%M:%S +0000", {}).value_or("");
  std::string text = fmt::format(
      "Date: {}\r\nFrom: {}\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: <{:016x}.{}@tailrace>\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n",
      date, options.from, Joined(options.to), HeaderText(notification.subject), number, now.micros);
  const std::string body = Base64(notification.text);
  for (size_t i = 0; i < body.size(); i += kBase64LineBytes) text += body.substr(i, kBase64LineBytes) + "\r\n";
  return text;
}

std::unique_ptr<Notifier> NewEmailNotifier(EmailOptions options, Clock& clock, Random& random) {
  return std::make_unique<EmailNotifier>(std::move(options), clock, random);
}

}  // namespace tailrace::notify
