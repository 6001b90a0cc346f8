#include "server/testing/raw_client.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/check.h"

namespace tailrace::server {
namespace {

constexpr int kPatienceMillis = 120'000;

std::string Lowered(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lowered;
}

}  // namespace

RawClient::RawClient(uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  TR_CHECK(connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

RawClient::~RawClient() { Close(); }

void RawClient::Close() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

void RawClient::FinishSending() { shutdown(socket_, SHUT_WR); }

void RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the server has ended the connection; what it answered is still there to read
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

bool RawClient::Fill() {
  pollfd waited{socket_, POLLIN, 0};
  if (poll(&waited, 1, kPatienceMillis) <= 0) return false;
  char bytes[16384];
  const ssize_t got = recv(socket_, bytes, sizeof bytes, 0);
  if (got <= 0) return false;
  received_.append(bytes, static_cast<size_t>(got));
  return true;
}

std::string RawClient::ReadUntil(std::string_view marker) {
  size_t found = received_.find(marker);
  for (size_t seen = received_.size(); found == std::string::npos && Fill(); seen = received_.size()) {
    found = received_.find(marker, seen - std::min(seen, marker.size()));
  }
  const size_t end = found == std::string::npos ? received_.size() : found + marker.size();
  std::string text = received_.substr(0, end);
  received_.erase(0, end);
  return text;
}

bool RawClient::IsClosedByServer() {
  while (true) {
    pollfd waited{socket_, POLLIN, 0};
    if (poll(&waited, 1, kPatienceMillis) <= 0) return false;
    char bytes[16384];
    if (recv(socket_, bytes, sizeof bytes, 0) <= 0) return true;
  }
}

RawReply RawClient::Read() {
  RawReply reply;
  const std::string head = ReadUntil("\r\n\r\n");
  if (!head.starts_with("HTTP/1.1 ")) return reply;
  reply.status = std::atoi(head.c_str() + 9);
  for (size_t line = head.find("\r\n") + 2; line < head.size() - 2;) {
    const size_t end = head.find("\r\n", line);
    const size_t colon = head.find(": ", line);
    reply.headers[Lowered(std::string_view(head).substr(line, colon - line))] = head.substr(colon + 2, end - colon - 2);
    line = end + 2;
  }
  if (reply.status == 100) return reply;
  if (reply.headers.contains("content-length")) {
    const size_t size = std::strtoul(reply.headers["content-length"].c_str(), nullptr, 10);
    while (received_.size() < size && Fill()) {
    }
    reply.body = received_.substr(0, size);
    received_.erase(0, size);
  }
  return reply;
}

RawReply RawClient::Ask(std::string_view bytes) {
  Send(bytes);
  return Read();
}

RawReply RawClient::Get(std::string_view target, std::string_view headers) {
  return Ask("GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) + "\r\n");
}

RawReply RawClient::Post(std::string_view target, std::string_view body, std::string_view headers) {
  return Ask("POST " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) +
             "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
}

}  // namespace tailrace::server
