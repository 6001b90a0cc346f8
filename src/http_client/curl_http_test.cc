#include "http_client/curl_http.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "http_client/testing/local_server.h"

namespace tailrace::http_client {
namespace {

OutboundRequest Get(std::string url) {
  OutboundRequest request;
  request.url = std::move(url);
  request.allow_private = true;
  return request;
}

Result<OutboundAnswer> Send(const OutboundRequest& request) { return NewCurlHttp({})->Send(request, {}); }

std::string PathOf(const std::string& request) {
  const size_t begin = request.find(' ') + 1;
  return request.substr(begin, request.find(' ', begin) - begin);
}

// A port of 127.0.0.1 on which nobody answers.
uint16_t ClosedPort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

TEST(CurlHttp, MethodHeadersAndBodyArrive) {
  const LocalServer server([](const std::string&) { return Http(201, "made", "X-Name:  a b \r\nX-Name: second\r\n"); });
  OutboundRequest request = Get(server.Url("/a%20b?c=d"));
  request.method = "POST";
  request.headers = {{"X-Empty", "", false}, {"Content-Type", "application/json", false}};
  request.body = std::string("{\"a\":\0}", 7);
  const auto answer = Send(request);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, "made");
  EXPECT_EQ(answer->Header("x-name"), "a b");
  EXPECT_EQ(answer->url, request.url);
  const std::string got = server.requests().at(0);
  EXPECT_TRUE(got.starts_with("POST /a%20b?c=d HTTP/1.1\r\n")) << got;
  EXPECT_NE(got.find("\r\nX-Empty:\r\n"), std::string::npos) << got;
  EXPECT_NE(got.find("\r\nContent-Type: application/json\r\n"), std::string::npos) << got;
  EXPECT_NE(got.find("\r\nUser-Agent: tailrace\r\n"), std::string::npos) << got;
  EXPECT_EQ(got.find("Expect:"), std::string::npos) << got;
  EXPECT_TRUE(got.ends_with(request.body));
}

TEST(CurlHttp, AnAnswerOfAnyStatusIsAnAnswer) {
  const LocalServer server([](const std::string& request) { return Http(std::stoi(PathOf(request).substr(1)), "what it says"); });
  for (const int status : {200, 302, 304, 404, 500}) {  // the redirect names no place
    const auto answer = Send(Get(server.Url("/" + std::to_string(status))));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->status, status);
  }
}

TEST(CurlHttp, AGzipBodyIsUnpackedAndItsLengthCountsUnpacked) {
  // printf '%1000s' | gzip -9n
  const std::string packed(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x53\x50\x18\x05\xa3\x60\x14\x0c\x77\x00\x00\x82\xe3\x93\xcd\xe8\x03\x00\x00", 29);
  const LocalServer server([&](const std::string&) { return Http(200, packed, "Content-Encoding: gzip\r\n"); });
  OutboundRequest request = Get(server.Url("/"));
  request.answer_bytes_max = 1000;
  const auto answer = Send(request);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->body, std::string(1000, ' '));
  EXPECT_NE(server.requests().at(0).find("Accept-Encoding: gzip"), std::string::npos);
  request.answer_bytes_max = 999;
  const auto longer = Send(request);
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code(), ErrorCode::kInvalid);
  EXPECT_NE(longer.error().message().find("longer than 999 bytes"), std::string::npos) << longer.error().message();
}

TEST(CurlHttp, AHeaderWithoutEndIsRefused) {
  const LocalServer server([](const std::string&) { return Http(200, "", "X: " + std::string(kHeaderBytesMax, 'x') + "\r\n"); });
  const auto answer = Send(Get(server.Url("/")));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::kInvalid);
}

TEST(CurlHttp, NobodyThereIsUnavailable) {
  const auto answer = Send(Get(fmt::format("http://127.0.0.1:{}/", ClosedPort())));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::kUnavailable);
}

TEST(CurlHttp, AnAnswerThatBreaksOffIsUnavailable) {
  const LocalServer server([](const std::string&) { return std::string("HTTP/1.1 200 x\r\nContent-Length: 10\r\n\r\nhalf"); });
  const auto answer = Send(Get(server.Url("/")));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::kUnavailable);
}

TEST(CurlHttp, ASilentServerTimesOut) {
  std::stop_source done;
  const LocalServer server([&](const std::string&) {
    while (!done.stop_requested()) std::this_thread::yield();
    return std::string();
  });
  OutboundRequest request = Get(server.Url("/"));
  request.timeout = std::chrono::milliseconds(50);
  const auto late = Send(request);
  done.request_stop();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ErrorCode::kUnavailable);
}

TEST(CurlHttp, AStopEndsARequestAtOnce) {
  std::stop_source stop;
  std::stop_source done;
  const LocalServer server([&](const std::string&) {
    stop.request_stop();
    while (!done.stop_requested()) std::this_thread::yield();
    return std::string();
  });
  OutboundRequest request = Get(server.Url("/"));
  request.timeout = std::chrono::hours(1);
  const auto answer = NewCurlHttp({})->Send(request, stop.get_token());
  done.request_stop();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::kCancelled);
}

TEST(CurlHttp, APrivateAddressIsAskedOnlyWhereAllowed) {
  const LocalServer server([](const std::string&) { return Http(200, ""); });
  OutboundRequest request = Get(server.Url("/"));
  request.allow_private = false;
  for (const std::string host : {"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433", "0.0.0.0"}) {
    request.url = fmt::format("http://{}:{}/", host, server.port());
    const auto answer = Send(request);
    ASSERT_FALSE(answer) << host;
    EXPECT_EQ(answer.error().code(), ErrorCode::kInvalid) << host << answer.error().message();
    EXPECT_NE(answer.error().message().find("allow_private"), std::string::npos) << answer.error().message();
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST(CurlHttp, ALinkLocalAddressIsNeverAskedNotAfterARedirectNeither) {
  const LocalServer server([](const std::string&) { return Http(302, "", "Location: http://169.254.169.254/latest/meta-data\r\n"); });
  for (const std::string& url : {std::string("http://169.254.169.254/"), server.Url("/"), std::string("http://[fe80::1]/")}) {
    const auto answer = Send(Get(url));
    ASSERT_FALSE(answer) << url;
    EXPECT_EQ(answer.error().code(), ErrorCode::kInvalid) << answer.error().message();
    EXPECT_NE(answer.error().message().find("never asked"), std::string::npos) << answer.error().message();
  }
}

TEST(CurlHttp, TheEnvironmentsProxyIsNoWayRound) {
  const LocalServer proxy([](const std::string&) { return Http(200, "from the proxy"); });
  ::setenv("http_proxy", proxy.Url("").c_str(), 1);
  const auto answer = Send(Get("http://169.254.169.254/"));
  ::unsetenv("http_proxy");
  ASSERT_FALSE(answer);
  EXPECT_TRUE(proxy.requests().empty());
}

TEST(CurlHttp, OnlyHttpIsAsked) {
  for (const std::string url : {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "127.0.0.1/", "", "http://"}) {
    const auto answer = Send(Get(url));
    ASSERT_FALSE(answer) << url;
    EXPECT_EQ(answer.error().code(), ErrorCode::kInvalid) << url;
  }
  const LocalServer server([](const std::string&) { return Http(302, "", "Location: file:///etc/passwd\r\n"); });
  EXPECT_FALSE(Send(Get(server.Url("/"))));
}

TEST(CurlHttp, RedirectsAreFollowedSoFarAndNoFurther) {
  const LocalServer server([](const std::string& request) {
    const int left = std::stoi(PathOf(request).substr(1));
    return left == 0 ? Http(200, "there") : Http(302, "", fmt::format("Location: /{}\r\n", left - 1));
  });
  OutboundRequest request = Get(server.Url("/3"));
  request.redirects_max = 3;
  const auto there = Send(request);
  ASSERT_TRUE(there) << there.error().message();
  EXPECT_EQ(there->body, "there");
  EXPECT_EQ(there->url, server.Url("/0"));
  request.redirects_max = 2;
  const auto far = Send(request);
  ASSERT_FALSE(far);
  EXPECT_EQ(far.error().code(), ErrorCode::kInvalid);
  request.redirects_max = 0;
  const auto first = Send(request);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->status, 302);
}

TEST(CurlHttp, ASecretStaysWithItsOrigin) {
  const LocalServer other([](const std::string&) { return Http(200, "other"); });
  const LocalServer server([&](const std::string& request) {
    return PathOf(request) == "/here" ? Http(307, "", "Location: /there\r\n") : Http(307, "", "Location: " + other.Url("/") + "\r\n");
  });
  OutboundRequest request = Get(server.Url("/here"));
  request.headers = {{"Authorization", "Bearer s3cret", true}, {"X-Key", "s3cret", true}, {"X-Open", "open", false}};
  const auto answer = Send(request);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_NE(server.requests().at(1).find("X-Key: s3cret"), std::string::npos);
  EXPECT_EQ(other.requests().at(0).find("s3cret"), std::string::npos) << other.requests().at(0);
  EXPECT_NE(other.requests().at(0).find("X-Open: open"), std::string::npos);
}

TEST(CurlHttp, APostIsRepeatedBehind307AndAskedForBehind303) {
  const LocalServer server([](const std::string& request) {
    const std::string path = PathOf(request);
    return path == "/end" ? Http(200, "") : Http(std::stoi(path.substr(1)), "", "Location: /end\r\n");
  });
  OutboundRequest request = Get(server.Url("/307"));
  request.method = "POST";
  request.body = "body";
  ASSERT_TRUE(Send(request));
  request.url = server.Url("/303");
  ASSERT_TRUE(Send(request));
  EXPECT_TRUE(server.requests().at(1).starts_with("POST /end") && server.requests().at(1).ends_with("body"));
  EXPECT_TRUE(server.requests().at(3).starts_with("GET /end") && server.requests().at(3).ends_with("\r\n\r\n")) << server.requests().at(3);
}

TEST(CurlHttp, NoErrorShowsTheSecretOfAnAddress) {
  const std::string url = fmt::format("http://user:s3cret@127.0.0.1:{}/path?key=s3cret#s3cret", ClosedPort());
  const auto answer = Send(Get(url));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message().find("s3cret"), std::string::npos) << answer.error().message();
  EXPECT_NE(answer.error().message().find("/path"), std::string::npos) << answer.error().message();
}

TEST(CurlHttp, AHeaderCannotSmuggleAnother) {
  OutboundRequest request = Get("http://127.0.0.1/");
  request.headers = {{"X", "a\r\nY: b", false}};
  EXPECT_EQ(Send(request).error().code(), ErrorCode::kInvalid);
  request.headers = {{"X: a\r\nY", "b", false}};
  EXPECT_EQ(Send(request).error().code(), ErrorCode::kInvalid);
  request.headers.clear();
  request.method = "GET / HTTP/1.1\r\nY: b\r\n";
  EXPECT_EQ(Send(request).error().code(), ErrorCode::kInvalid);
}

class CurlHttpTls : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/curl_http_tls_" + std::to_string(::getpid());
    std::filesystem::create_directories(folder_);
    const std::string command = fmt::format(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost -keyout {0}/key.pem -out {0}/cert.pem 2>/dev/null", folder_);
    ASSERT_EQ(std::system(command.c_str()), 0);
    auto context = crypto::TlsServerContext::Load({folder_ + "/cert.pem", folder_ + "/key.pem", ""});
    ASSERT_TRUE(context) << context.error().message();
    tls_ = *context;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  std::shared_ptr<const crypto::TlsServerContext> tls_;
};

TEST_F(CurlHttpTls, ACertificateIsHeldAgainstAuthorityAndName) {
  const LocalServer server([](const std::string&) { return Http(200, "safe"); }, tls_);
  const auto trusting = NewCurlHttp({.user_agent = "t", .ca_file = folder_ + "/cert.pem"});
  const auto safe = trusting->Send(Get(fmt::format("https://localhost:{}/", server.port())), {});
  ASSERT_TRUE(safe) << safe.error().message();
  EXPECT_EQ(safe->body, "safe");
  const auto other_name = trusting->Send(Get(fmt::format("https://127.0.0.1:{}/", server.port())), {});
  ASSERT_FALSE(other_name);
  EXPECT_EQ(other_name.error().code(), ErrorCode::kInvalid) << other_name.error().message();
  const auto unknown = Send(Get(fmt::format("https://localhost:{}/", server.port())));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), ErrorCode::kInvalid) << unknown.error().message();
}

TEST_F(CurlHttpTls, HttpsIsNotLeftByARedirect) {
  const LocalServer plain([](const std::string&) { return Http(200, ""); });
  const LocalServer server([&](const std::string&) { return Http(302, "", "Location: " + plain.Url("/") + "\r\n"); }, tls_);
  const auto answer = NewCurlHttp({.user_agent = "t", .ca_file = folder_ + "/cert.pem"})->Send(Get(fmt::format("https://localhost:{}/", server.port())), {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::kInvalid);
  EXPECT_TRUE(plain.requests().empty());
}

}  // namespace
}  // namespace tailrace::http_client
