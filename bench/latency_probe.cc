// What an acknowledgement has to cost, and what it does cost, sample beside sample.
//
//   latency_probe PORT PATH RECORDS FILE COUNT
//
// COUNT times, one after another: an fdatasync of a record just written to the pre-zeroed FILE; a round trip over
// loopback of as many bytes as a request and its answer have; a POST of the next line of RECORDS to PATH on PORT, over one
// connection that stays open. Prints the nanoseconds of each: {"fdatasync":[...],"round_trip":[...],"post":[...]}.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kFileBytes = size_t{64} << 20;
constexpr size_t kAnswerBytes = 200;  // of the round trip: about what an append answers
constexpr size_t kReadBytes = size_t{64} << 10;
constexpr int kWarmUp = 50;

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "latency_probe: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void SetNoDelay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int Connect(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = Loopback(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) Die("connect");
  SetNoDelay(fd);
  return fd;
}

void SendAll(int fd, std::string_view bytes) {
  if (send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) Die("send");
}

void ReceiveExactly(int fd, size_t bytes) {
  static thread_local std::vector<char> buffer(kReadBytes);
  while (bytes > 0) {
    const ssize_t count = recv(fd, buffer.data(), std::min(bytes, buffer.size()), 0);
    if (count <= 0) Die("recv");
    bytes -= static_cast<size_t>(count);
  }
}

// Answers every `request_bytes` with `answer_bytes`, for one client.
class EchoPeer {
 public:
  EchoPeer(size_t request_bytes, size_t answer_bytes) : request_bytes_(request_bytes), answer_bytes_(answer_bytes) {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = Loopback(0);
    socklen_t length = sizeof address;
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listener, 1) != 0) Die("listen");
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
    client_ = Connect(ntohs(address.sin_port));
    const int peer = accept(listener, nullptr, nullptr);
    if (peer < 0) Die("accept");
    SetNoDelay(peer);
    close(listener);
    thread_ = std::thread([this, peer] { Serve(peer); });
  }
  ~EchoPeer() {
    shutdown(client_, SHUT_RDWR);
    thread_.join();
    close(client_);
  }

  void RoundTrip() {
    SendAll(client_, request_);
    ReceiveExactly(client_, answer_bytes_);
  }

 private:
  void Serve(int peer) {
    const std::string answer(answer_bytes_, 'a');
    std::vector<char> buffer(kReadBytes);
    size_t received = 0;
    for (;;) {
      const ssize_t count = recv(peer, buffer.data(), buffer.size(), 0);
      if (count <= 0) break;
      received += static_cast<size_t>(count);
      for (; received >= request_bytes_; received -= request_bytes_) SendAll(peer, answer);
    }
    close(peer);
  }

  const size_t request_bytes_;
  const size_t answer_bytes_;
  const std::string request_ = std::string(request_bytes_, 'r');
  int client_ = -1;
  std::thread thread_;
};

class SyncedFile {
 public:
  explicit SyncedFile(const char* path) : fd_(open(path, O_CREAT | O_RDWR | O_TRUNC, 0644)) {
    if (fd_ < 0) Die(path);
    const std::string zeros(size_t{1} << 20, '\0');
    for (size_t at = 0; at < kFileBytes; at += zeros.size()) Put(zeros, at);
    if (fsync(fd_) != 0) Die("fsync");
  }
  ~SyncedFile() { close(fd_); }

  void Write(std::string_view bytes) {
    if (end_ + bytes.size() > kFileBytes) end_ = 0;
    Put(bytes, end_);
    end_ += bytes.size();
  }
  void Sync() {
    if (fdatasync(fd_) != 0) Die("fdatasync");
  }

 private:
  void Put(std::string_view bytes, size_t at) {
    if (pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at)) != static_cast<ssize_t>(bytes.size())) {
      Die("pwrite");
    }
  }

  int fd_;
  size_t end_ = 0;
};

class HttpClient {
 public:
  HttpClient(uint16_t port, const std::string& path)
      : fd_(Connect(port)), head_("POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                                  "\r\nContent-Type: application/json\r\nContent-Length: ") {}
  ~HttpClient() { close(fd_); }

  void Post(std::string_view body) {
    request_ = head_;
    request_ += std::to_string(body.size());
    request_ += "\r\n\r\n";
    request_ += body;
    SendAll(fd_, request_);
    ReceiveAnswer();
  }
  size_t request_bytes() const { return request_.size(); }

 private:
  void ReceiveAnswer() {
    answer_.clear();
    while (!IsWhole()) {
      const size_t had = answer_.size();
      answer_.resize(had + kReadBytes);
      const ssize_t count = recv(fd_, answer_.data() + had, kReadBytes, 0);
      if (count <= 0) Die("recv");
      answer_.resize(had + static_cast<size_t>(count));
    }
    if (answer_.rfind("HTTP/1.1 200", 0) != 0) Die("answer is " + answer_);
  }

  bool IsWhole() const {
    const size_t head_bytes = answer_.find("\r\n\r\n");
    if (head_bytes == std::string::npos) return false;
    const char* length = strcasestr(answer_.c_str(), "\r\nContent-Length:");
    if (length == nullptr) Die("answer without a length: " + answer_);
    return answer_.size() >= head_bytes + 4 + std::strtoul(length + 17, nullptr, 10);
  }

  int fd_;
  const std::string head_;
  std::string request_;
  std::string answer_;
};

std::vector<std::string> ReadLines(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  if (lines.empty()) Die(path);
  return lines;
}

template <typename Work>
int64_t NanosOf(Work work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count();
}

void Print(const char* name, const std::vector<int64_t>& nanos, const char* end) {
  std::printf("\"%s\":[", name);
  for (size_t i = 0; i < nanos.size(); ++i) std::printf("%s%lld", i == 0 ? "" : ",", static_cast<long long>(nanos[i]));
  std::printf("]%s", end);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: %s PORT PATH RECORDS FILE COUNT\n", argv[0]);
    return 2;
  }
  const std::vector<std::string> records = ReadLines(argv[3]);
  const int count = std::atoi(argv[5]);
  SyncedFile file(argv[4]);
  HttpClient http(static_cast<uint16_t>(std::atoi(argv[1])), argv[2]);
  http.Post(records[0]);
  EchoPeer echo(http.request_bytes(), kAnswerBytes);
  std::vector<int64_t> syncs, trips, posts;
  for (int i = -kWarmUp; i < count; ++i) {
    const std::string& record = records[static_cast<size_t>(i + kWarmUp) % records.size()];
    file.Write(record);
    const int64_t sync = NanosOf([&] { file.Sync(); });
    const int64_t trip = NanosOf([&] { echo.RoundTrip(); });
    const int64_t post = NanosOf([&] { http.Post(record); });
    if (i < 0) continue;
    syncs.push_back(sync);
    trips.push_back(trip);
    posts.push_back(post);
  }
  std::printf("{");
  Print("fdatasync", syncs, ",");
  Print("round_trip", trips, ",");
  Print("post", posts, "}\n");
}
