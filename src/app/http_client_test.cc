#include "app/http_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

namespace tailrace::app {
namespace {

// Answers each connection with the next of some canned texts, after it has read one head, then closes it.
class CannedServer {
 public:
  explicit CannedServer(std::vector<std::string> answers) : answers_(std::move(answers)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { Serve(); });
  }

  ~CannedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  uint16_t port() const { return port_; }
  // Valid after the last answer has been read.
  const std::string& requests() const { return requests_; }

 private:
  void Serve() {
    for (const std::string& answer : answers_) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      std::array<char, 4096> buffer;
      std::string request;
      while (request.find("\r\n\r\n") == std::string::npos) {
        const ssize_t got = ::recv(connection, buffer.data(), buffer.size(), 0);
        if (got <= 0) break;
        request.append(buffer.data(), static_cast<size_t>(got));
      }
      requests_ += request;
      EXPECT_EQ(::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL), static_cast<ssize_t>(answer.size()));
      ::close(connection);
    }
  }

  const std::vector<std::string> answers_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::string requests_;
  std::jthread thread_;
};

HttpRequest Get(std::string target) {
  return {.method = "GET", .target = std::move(target), .headers = {}, .body = {}};
}

TEST(HttpClient, ReadsABodyOfKnownLength) {
  CannedServer server({"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Name:  a b \r\n\r\nhello"});
  HttpClient client("127.0.0.1", server.port());
  const auto response = client.Send(Get("/a?b=c"));
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->Header("x-name"), "a b");
  EXPECT_TRUE(server.requests().starts_with("GET /a?b=c HTTP/1.1\r\nHost: " + client.address())) << server.requests();
}

TEST(HttpClient, ReadsABodyInChunks) {
  CannedServer server(
      {"HTTP/1.1 207 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n"});
  HttpClient client("127.0.0.1", server.port());
  const auto response = client.Send(Get("/"));
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 207);
  EXPECT_EQ(response->body, "abc0123456789");
}

TEST(HttpClient, ReadsABodyUpToTheEndOfTheConnection) {
  CannedServer server({"HTTP/1.1 200 OK\r\n\r\nall of it"});
  HttpClient client("127.0.0.1", server.port());
  EXPECT_EQ(client.Send(Get("/"))->body, "all of it");
}

TEST(HttpClient, AReadIsSentAgainOverAConnectionThatTheServerHadClosed) {
  CannedServer server(
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb"});
  HttpClient client("127.0.0.1", server.port());
  EXPECT_EQ(client.Send(Get("/"))->body, "a");
  const auto second = client.Send(Get("/"));
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(second->body, "b");
}

TEST(HttpClient, WhatChangesSomethingIsNotSentTwice) {
  CannedServer server(
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb"});
  HttpClient client("127.0.0.1", server.port());
  EXPECT_EQ(client.Send(Get("/"))->body, "a");
  const auto second = client.Send({.method = "POST", .target = "/", .headers = {}, .body = "x"});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kUnavailable);
}

TEST(HttpClient, AnAnswerCutShortIsAnError) {
  CannedServer server({"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"});
  HttpClient client("127.0.0.1", server.port());
  const auto response = client.Send(Get("/"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kUnavailable);
}

TEST(HttpClient, AnotherProtocolIsToldApart) {
  CannedServer server({"+OK redis ready\r\n\r\n"});
  HttpClient client("127.0.0.1", server.port());
  const auto response = client.Send(Get("/"));
  ASSERT_FALSE(response);
  EXPECT_NE(response.error().message().find("not HTTP"), std::string::npos) << response.error().message();
}

TEST(HttpClient, NobodyThereIsUnavailableWithTheAddress) {
  uint16_t port = 0;
  { port = CannedServer({}).port(); }
  HttpClient client("127.0.0.1", port);
  const auto response = client.Send(Get("/"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(response.error().message().find(client.address()), std::string::npos);
}

TEST(HttpClient, AStreamEndsWhenItsTakerHasEnough) {
  CannedServer server({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"});
  HttpClient client("127.0.0.1", server.port());
  std::string seen;
  const auto response = client.Stream(Get("/"), [&](std::string_view piece) { return (seen += piece).size() < 3; }, {});
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(seen, "abc");
}

TEST(HttpClient, AStreamThatIsRefusedHasItsBodyInTheAnswer) {
  CannedServer server({"HTTP/1.1 404 x\r\nContent-Length: 2\r\n\r\nno"});
  HttpClient client("127.0.0.1", server.port());
  const auto response = client.Stream(Get("/"), [](std::string_view) { return true; }, {});
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "no");
}

TEST(HttpClient, StopEndsAWait) {
  CannedServer server({"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"});
  std::stop_source stop;
  stop.request_stop();
  HttpClient client("127.0.0.1", server.port());
  const auto response = client.Send(Get("/"), stop.get_token());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kCancelled);
}

TEST(HttpClient, OnlyUnreservedCharactersGoIntoAPathAsTheyAre) {
  EXPECT_EQ(PercentEncoded("a-Z_0.~/ü %"), "a-Z_0.~%2F%C3%BC%20%25");
}

}  // namespace
}  // namespace tailrace::app
