// A load generator that does not wait: requests fall due by a clock, whatever has become of those before them.
//
//   open_loop PORT PATH BODIES CONTENT_TYPE CONNECTIONS RATE SECONDS
//
// BODIES is a file with one body a line; byte 1E stands for a line break in it. RATE is requests a second, at random moments (a Poisson
// process of a fixed seed). Negative, -N: N under way at a time over all CONNECTIONS in turn, the next as soon as one is answered, which measures
// what a server can do.
// One that falls due while every connection waits for its answer is sent as soon as one is free: its time counts from when it was due, so
// that a server that answers late is not asked less often (Tene's "coordinated omission"). What is not sent by the end is counted as that.
// After the end it waits for the answers that are under way.
//
// Prints one line of JSON: how many were due, accepted (2xx), refused (429, 503), refused without Retry-After, answered otherwise, broken
// (no answer), not sent; the records in those that were accepted; the seconds that it took; percentiles in milliseconds of the accepted
// and of the refused, and by how much requests were sent late.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

constexpr size_t kReadBytes = 64 << 10;
constexpr int kEventsAtATime = 256;
constexpr int kSeed = 1;
// How long it waits for what is under way at the end.
constexpr std::chrono::seconds kPatience{30};

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "open_loop: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

struct Options {
  uint16_t port;
  std::string path, bodies, content_type;
  size_t connections;
  double rate;
  std::chrono::duration<double> duration;
};

struct Request {
  std::string bytes;
  size_t records;
};

std::vector<Request> ReadRequests(const Options& options) {
  std::ifstream file(options.bodies);
  std::vector<Request> requests;
  for (std::string body; std::getline(file, body);) {
    const auto breaks = static_cast<size_t>(std::count(body.begin(), body.end(), '\x1e'));
    std::replace(body.begin(), body.end(), '\x1e', '\n');
    requests.push_back({"POST " + options.path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + options.content_type +
                            "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
                        breaks + 1});
  }
  if (requests.empty()) Die(options.bodies);
  return requests;
}

struct Counts {
  size_t due = 0, accepted = 0, refused = 0, refused_without_retry_after = 0, other = 0, broken = 0, unsent = 0, records = 0;
  std::vector<double> accepted_ms, refused_ms, late_ms;
};

double Milliseconds(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

double Percentile(std::vector<double>& values, size_t percent) {
  if (values.empty()) return 0;
  const size_t at = std::min(values.size() - 1, values.size() * percent / 100);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

struct Answer {
  int status = 0;
  bool closes = false, has_retry_after = false;
  size_t size = 0;
};

// The first answer in the bytes; of size 0 while it is not whole. Our own server's, so its fields are spelt as it spells them.
Answer ReadAnswer(std::string_view bytes) {
  Answer answer;
  const size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return answer;
  const std::string_view head = bytes.substr(0, end + 2);
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const size_t length = head.find(kLength);
  const size_t body = length == std::string_view::npos ? 0 : std::strtoul(head.data() + length + kLength.size(), nullptr, 10);
  if (bytes.size() < end + 4 + body) return answer;
  answer.status = std::atoi(head.data() + std::string_view("HTTP/1.1 ").size());
  answer.closes = head.find("\r\nConnection: close\r\n") != std::string_view::npos;
  answer.has_retry_after = head.find("\r\nRetry-After: ") != std::string_view::npos;
  answer.size = end + 4 + body;
  return answer;
}

class Client {
 public:
  Client(const Options& options, int epoll) : port_(options.port), epoll_(epoll) { Connect(); }

  void Send(const Request& request, Time due) {
    request_ = &request;
    due_ = due;
    sent_ = 0;
    Write();
  }

  // Whether its answer, or its end without one, has come.
  bool OnReady(Counts& counts) {
    if (request_ == nullptr) return false;
    Write();
    static std::array<char, kReadBytes> buffer;
    const ssize_t got = recv(socket_, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EAGAIN) return false;
    if (got <= 0) {
      ++counts.broken;
      return End(true);
    }
    input_.append(buffer.data(), static_cast<size_t>(got));
    const Answer answer = ReadAnswer(input_);
    if (answer.size == 0) return false;
    Count(answer, counts);
    return End(answer.closes || sent_ < request_->bytes.size());
  }

 private:
  void Connect() {
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) Die("connect");
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(socket_, F_SETFL, O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = this;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, socket_, &event) != 0) Die("epoll_ctl");
  }

  void Write() {
    while (sent_ < request_->bytes.size()) {
      const ssize_t count = send(socket_, request_->bytes.data() + sent_, request_->bytes.size() - sent_, MSG_NOSIGNAL);
      if (count < 0) return;  // full for now, or broken, which reading tells
      sent_ += static_cast<size_t>(count);
    }
  }

  void Count(const Answer& answer, Counts& counts) const {
    const double took = Milliseconds(Clock::now() - due_);
    if (answer.status / 100 == 2) {
      ++counts.accepted;
      counts.records += request_->records;
      counts.accepted_ms.push_back(took);
    } else if (answer.status == 429 || answer.status == 503) {
      ++counts.refused;
      counts.refused_without_retry_after += answer.has_retry_after ? 0 : 1;
      counts.refused_ms.push_back(took);
    } else {
      ++counts.other;
    }
  }

  bool End(bool is_over) {
    request_ = nullptr;
    input_.clear();
    if (is_over) {
      close(socket_);
      Connect();
    }
    return true;
  }

  const uint16_t port_;
  const int epoll_;
  int socket_ = -1;
  const Request* request_ = nullptr;
  Time due_;
  size_t sent_ = 0;
  std::string input_;
};

class Generator {
 public:
  Generator(const Options& options, const std::vector<Request>& requests)
      : options_(options), requests_(requests), epoll_(epoll_create1(0)) {
    for (size_t i = 0; i < options.connections; ++i) free_.push_back(new Client(options, epoll_));
  }

  // Ends with the process, as its clients do.
  Counts Run() {
    const Time began = Clock::now();
    const Time end = began + std::chrono::duration_cast<Clock::duration>(options_.duration);
    next_due_ = began;
    for (Time now = began; now < end; now = Clock::now()) {
      FallDue(now);
      while (!due_.empty() && !free_.empty()) SendNext();
      Await(due_.empty() && options_.rate > 0 ? next_due_ - now : Clock::duration(std::chrono::milliseconds(1)));
    }
    counts_.unsent = due_.size();
    for (const Time patience = Clock::now() + kPatience; free_.size() < options_.connections && Clock::now() < patience;) {
      Await(std::chrono::milliseconds(10));
    }
    counts_.broken += options_.connections - free_.size();
    return std::move(counts_);
  }

 private:
  void FallDue(Time now) {
    if (options_.rate < 0) {
      const size_t busy = options_.connections - free_.size();
      const auto wanted = static_cast<size_t>(-options_.rate);
      due_.resize(std::min(free_.size(), wanted - std::min(wanted, busy)), now);
      counts_.due += due_.size();
      return;
    }
    for (; next_due_ <= now; ++counts_.due) {
      due_.push_back(next_due_);
      next_due_ += std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(gap_(random_) / options_.rate));
    }
  }

  void SendNext() {
    // That which has rested longest: clients that do not know of one another are not one client that asks again at once.
    Client* const client = free_.front();
    free_.pop_front();
    counts_.late_ms.push_back(Milliseconds(Clock::now() - due_.front()));
    client->Send(requests_[turn_++ % requests_.size()], due_.front());
    due_.pop_front();
  }

  void Await(Clock::duration time) {
    std::array<epoll_event, kEventsAtATime> events;
    const auto nanoseconds = std::max<int64_t>(0, std::chrono::nanoseconds(time).count());
    const timespec timeout{.tv_sec = nanoseconds / 1'000'000'000, .tv_nsec = nanoseconds % 1'000'000'000};
    const int count = epoll_pwait2(epoll_, events.data(), kEventsAtATime, &timeout, nullptr);
    for (int i = 0; i < count; ++i) {
      auto* const client = static_cast<Client*>(events[static_cast<size_t>(i)].data.ptr);
      if (client->OnReady(counts_)) free_.push_back(client);
    }
  }

  const Options& options_;
  const std::vector<Request>& requests_;
  const int epoll_;
  std::deque<Client*> free_;
  std::deque<Time> due_;
  Time next_due_;
  size_t turn_ = 0;
  std::mt19937_64 random_{kSeed};
  std::exponential_distribution<double> gap_{1};
  Counts counts_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fprintf(stderr, "usage: open_loop PORT PATH BODIES CONTENT_TYPE CONNECTIONS RATE SECONDS\n");
    return 2;
  }
  const Options options{.port = static_cast<uint16_t>(std::atoi(argv[1])),
                        .path = argv[2],
                        .bodies = argv[3],
                        .content_type = argv[4],
                        .connections = static_cast<size_t>(std::atoi(argv[5])),
                        .rate = std::atof(argv[6]),
                        .duration = std::chrono::duration<double>(std::atof(argv[7]))};
  const std::vector<Request> requests = ReadRequests(options);
  Generator generator(options, requests);
  const Time began = Clock::now();
  Counts counts = generator.Run();
  std::printf(
      "{\"due\":%zu,\"accepted\":%zu,\"refused\":%zu,\"refused_without_retry_after\":%zu,\"other\":%zu,\"broken\":%zu,\"unsent\":%zu,"
      "\"records\":%zu,\"seconds\":%.6f,\"accepted_p50_ms\":%.4f,\"accepted_p99_ms\":%.4f,\"refused_p50_ms\":%.4f,\"refused_p99_ms\":%.4f,"
      "\"late_p99_ms\":%.4f}\n",
      counts.due, counts.accepted, counts.refused, counts.refused_without_retry_after, counts.other, counts.broken, counts.unsent, counts.records,
      std::chrono::duration<double>(Clock::now() - began).count(), Percentile(counts.accepted_ms, 50), Percentile(counts.accepted_ms, 99),
      Percentile(counts.refused_ms, 50), Percentile(counts.refused_ms, 99), Percentile(counts.late_ms, 99));
  return 0;
}
