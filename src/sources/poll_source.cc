#include "sources/poll_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "base/logging.h"
#include "model/record_decoder.h"
#include "model/times.h"
#include "sources/poll_request.h"
#include "sources/poll_spool.h"
#include "sources/poll_token.h"

namespace tailrace {
namespace {

constexpr std::string_view kItem = "answers";
constexpr int64_t kRowsPerDueMax = int64_t{1} << 30;
static_assert(kRowsPerDueMax == int64_t{1} << kPollRowBits);
// A poll that begins later than this was not asked for in time.
constexpr int64_t kInTimeMicros = 30 * kMicrosPerSecond;
// Where there is no schedule: 9999-12-31T23:59:59Z.
constexpr WallTime kNever{253'402'300'799 * kMicrosPerSecond};
constexpr int kNotModified = 304;
constexpr int kUnauthorized = 401;

int64_t SecondsOf(WallTime time) { return time.micros / kMicrosPerSecond; }
WallTime TimeOf(int64_t seconds) { return WallTime{seconds * kMicrosPerSecond}; }

std::string DueText(int64_t due_s) {
  std::string text;
  AppendRfc3339(due_s * kMicrosPerSecond, &text);
  return text;
}

// For people: which answer this was.
std::string NameText(const PollName& name) {
  std::string text = DueText(name.due_s);
  if (name.request > 0 || name.page > 0) text += fmt::format(" request {}", name.request + 1);
  if (name.page > 0) text += fmt::format(" page {}", name.page + 1);
  return text;
}

class PollSource final : public Source {
 public:
  PollSource(const config::PollSourceSpec& spec, PollSourceOptions options, PollRequests requests, PollSpool spool, OutboundHttp& http,
             Clock& clock)
      : spec_(spec), options_(std::move(options)), requests_(std::move(requests)), spool_(std::move(spool)), http_(http), clock_(clock),
        token_(spec_, http, clock), counts_(options_.counts == nullptr ? std::make_shared<PollCounts>() : options_.counts),
        asks_(options_.asks == nullptr ? std::make_shared<PollAsks>() : options_.asks) {}

  Result<SourceBatch> Next(size_t bytes_max, const ResumeLookup& resume, std::stop_token stop) override;
  int64_t SizeHint() const override { return 0; }

 private:
  // A due time whose answers are being fetched and handed out.
  struct Round {
    int64_t due_s = 0;
    std::vector<PollName> spooled;   // that wait to be handed out, in order
    std::optional<PollName> next;    // to be asked for; none: all have been
    std::string asked;               // what asks for it
    std::set<uint64_t> fingerprints;  // of the pages of the request in hand
    std::set<std::string> asked_before;  // of the same
    int64_t rows = 0;                // of the answers handed out
    PollState state;                 // as it will be when all is done
  };

  Status Open(const ResumeLookup& resume);
  Status NoteFirstStart();
  std::optional<int64_t> NextDue(const std::stop_token& stop);
  std::optional<int64_t> ScheduledDue(const std::stop_token& stop);
  bool Sleep(WallTime until, const std::stop_token& stop);
  void TellAskers();
  void Plan(WallTime next);
  Status Begin(int64_t due_s, std::vector<PollName> spooled);
  Status Load(const PollName& name);
  void Follow(const PollName& name, const SpooledAnswer& answer);
  void GoOnBehind(const PollName& name, const std::string& next);
  Status Ask(const std::stop_token& stop);
  Result<SpooledAnswer> Fetch(const PollName& name, const std::stop_token& stop);
  void NoteFailure();
  Result<OutboundAnswer> Send(OutboundRequest request, const std::stop_token& stop);
  SpooledAnswer AnswerOf(const PollName& name, const OutboundRequest& request, const OutboundAnswer& answer,
                         const std::vector<std::pair<std::string, std::string>>& added);
  SourceBatch TakeRows(size_t bytes_max);

  const config::PollSourceSpec spec_;
  const PollSourceOptions options_;
  const PollRequests requests_;
  PollSpool spool_;
  OutboundHttp& http_;
  Clock& clock_;
  PollToken token_;
  const std::shared_ptr<PollCounts> counts_;
  const std::shared_ptr<PollAsks> asks_;

  bool opened_ = false;
  bool asked_once_ = false;
  int64_t done_below_ = 0;  // places that are in the log
  int64_t handled_s_ = 0;   // due times up to this one are done or missed
  std::vector<int64_t> to_run_;  // due times that are due already, the next one last
  std::optional<Round> round_;
  std::vector<PollRow> rows_;  // of the answer in hand
  size_t row_ = 0;             // the next of them
  int64_t place_ = 0;          // of rows_.front()
  PollName name_;              // of the answer in hand
};

Status PollSource::Open(const ResumeLookup& resume) {
  if (const auto point = resume(kItem)) done_below_ = point->next;
  TR_TRY(auto names, spool_.Names());
  // Without its spool a due time whose rows are in the log cannot be told from one that is whole: it is not asked again.
  const int64_t reached_s = done_below_ >> kPollRowBits;
  handled_s_ = spool_.state().due_s;
  opened_ = true;
  if (names.empty()) {
    handled_s_ = std::max(handled_s_, reached_s);
    return options_.once ? Status() : NoteFirstStart();
  }
  const int64_t due_s = names.front().due_s;
  std::erase_if(names, [&](const PollName& name) { return name.due_s != due_s; });
  return Begin(due_s, std::move(names));
}

// A source that never ran has missed nothing, but from now on it can.
Status PollSource::NoteFirstStart() {
  if (handled_s_ > 0) return {};
  handled_s_ = SecondsOf(clock_.Now());
  PollState state;
  state.due_s = handled_s_;
  return spool_.Finish(std::move(state));
}

// The due time to ask for; nullopt: there is none any more, or `stop`.
std::optional<int64_t> PollSource::NextDue(const std::stop_token& stop) {
  if (!options_.once) return ScheduledDue(stop);
  if (std::exchange(asked_once_, true)) return std::nullopt;
  const int64_t now_s = SecondsOf(clock_.Now());
  return now_s > handled_s_ ? std::optional(now_s) : std::nullopt;
}

std::optional<int64_t> PollSource::ScheduledDue(const std::stop_token& stop) {
  while (to_run_.empty()) {
    TellAskers();
    const auto next = spec_.schedule ? spec_.schedule->Next(TimeOf(handled_s_)) : std::nullopt;
    const auto asked = asks_->Next();
    if (asked && (!next || *asked < SecondsOf(*next))) return asked;
    if (!next && options_.asks == nullptr) return std::nullopt;
    counts_->next_due_ms = next ? next->millis() : 0;
    const WallTime wake = next.value_or(kNever);
    if (clock_.Now() < wake && !Sleep(wake, stop)) return std::nullopt;
    if (next && clock_.Now() >= *next) Plan(*next);
  }
  const int64_t due_s = to_run_.back();
  to_run_.pop_back();
  return due_s;
}

// Until then, or until somebody asks. False: there is nothing more to do.
bool PollSource::Sleep(WallTime until, const std::stop_token& stop) {
  std::stop_source waiting;
  const std::stop_callback from_outside(stop, [&waiting] { waiting.request_stop(); });
  if (!asks_->Asleep(SecondsOf(until), &waiting)) return true;
  const bool came = options_.wait(until, waiting.get_token());
  asks_->Awake();
  return came || (waiting.stop_requested() && !stop.stop_requested());
}

void PollSource::TellAskers() {
  const PollState& state = spool_.state();
  // Of a source that never asked for anything, the second in which it started is not over.
  if (state.answers == 0) return asks_->Settle(handled_s_ - 1, {});
  const bool is_missed = handled_s_ != state.due_s;
  asks_->Settle(handled_s_, {is_missed ? 0 : state.records, is_missed ? "this due time was missed" : state.failure});
}

// What is due now, `next` first; what could not be asked for in time goes by `catch_up`.
void PollSource::Plan(WallTime next) {
  const WallTime now = clock_.Now();
  const bool in_time = now.micros - next.micros < kInTimeMicros;
  const schedule::DuePlan plan = schedule::PlanDue(*spec_.schedule, TimeOf(handled_s_), in_time ? next : now, now, spec_.catch_up);
  if (plan.missed.count > 0) {
    counts_->missed += plan.missed.count;
    LogWarning("polls_missed", {{"source", options_.name}, {"count", plan.missed.count}, {"from", DueText(SecondsOf(plan.missed.first))},
                                {"to", DueText(SecondsOf(plan.missed.last))}});
    handled_s_ = std::max(handled_s_, SecondsOf(plan.missed.last));
  }
  for (auto due = plan.to_run.rbegin(); due != plan.to_run.rend(); ++due) to_run_.push_back(SecondsOf(*due));
}

// `spooled`: what an earlier run has fetched of it.
Status PollSource::Begin(int64_t due_s, std::vector<PollName> spooled) {
  counts_->next_due_ms = 0;
  counts_->last_due_ms = TimeOf(due_s).millis();
  round_.emplace();
  round_->due_s = due_s;
  round_->state.due_s = due_s;
  round_->state.answers = spool_.state().answers;
  round_->next = PollName{due_s, 0, 0};
  round_->spooled = std::move(spooled);
  return {};
}

// Takes an answer from the spool in hand.
Status PollSource::Load(const PollName& name) {
  auto answer = spool_.Read(name);
  if (!answer) {
    // What is behind it can still be read and asked for; this page itself is asked for again.
    if (answer.error().code() == ErrorCode::kCorruption) TR_RETURN_IF_ERROR(spool_.PutAside(name));
    return Fail(answer.error());
  }
  Follow(name, *answer);
  for (const PollRow& row : answer->page.rows) {
    if (row.fault.empty())
      ++round_->state.records;
    else if (round_->state.failure.empty())
      round_->state.failure = row.fault;
  }
  place_ = name.due_s * kRowsPerDueMax + answer->first_row;
  round_->rows = answer->first_row + static_cast<int64_t>(answer->page.rows.size());
  rows_ = std::move(answer->page.rows);
  for (PollRow& row : rows_) row.json.append(RecordDecoder::kPadding, '\0');
  row_ = static_cast<size_t>(std::clamp<int64_t>(done_below_ - place_, 0, static_cast<int64_t>(rows_.size())));
  name_ = name;
  return {};
}

// Notes what an answer says about what is to be asked next.
void PollSource::Follow(const PollName& name, const SpooledAnswer& answer) {
  ++round_->state.answers;
  if (!answer.validator.empty() && round_->state.validators.size() < kPollValidatorsMax) {
    round_->state.validators[answer.address] = answer.validator;
  }
  round_->fingerprints.insert(answer.page.fingerprint);
  round_->asked_before.insert(round_->asked);
  GoOnBehind(name, answer.page.next);
}

void PollSource::GoOnBehind(const PollName& name, const std::string& next) {
  if (!next.empty()) {
    round_->next = PollName{name.due_s, name.request, name.page + 1};
    round_->asked = next;
    return;
  }
  round_->asked.clear();
  round_->fingerprints.clear();
  round_->asked_before.clear();
  const bool last = static_cast<size_t>(name.request) + 1 >= spec_.each.size();
  round_->next = last ? std::nullopt : std::optional(PollName{name.due_s, name.request + 1, 0});
}

Result<OutboundAnswer> PollSource::Send(OutboundRequest request, const std::stop_token& stop) {
  if (spec_.auth.kind != config::PollAuth::Kind::kOauth2) return http_.Send(request, stop);
  const size_t headers = request.headers.size();
  for (const bool second : {false, true}) {
    TR_TRY(const std::string token, token_.Get(stop));
    request.headers.resize(headers);
    request.headers.push_back({"Authorization", "Bearer " + token, true});
    auto answer = http_.Send(request, stop);
    if (second || !answer || answer->status != kUnauthorized) return answer;
    token_.Forget();
  }
  return Fail(Error::Internal("unreachable"));
}

void PollSource::NoteFailure() {
  ++counts_->failed;
  counts_->last_failure_ms = clock_.Now().millis();
}

Result<SpooledAnswer> PollSource::Fetch(const PollName& name, const std::stop_token& stop) {
  TR_TRY(OutboundRequest request, requests_.Make(TimeOf(name.due_s), static_cast<size_t>(name.request), round_->asked));
  TR_TRY(const auto added, requests_.Added(TimeOf(name.due_s), static_cast<size_t>(name.request)));
  const auto known = spool_.state().validators.find(Fingerprint(request.url));
  if (known != spool_.state().validators.end() && request.method == "GET") {
    if (!known->second.etag.empty()) request.headers.push_back({"If-None-Match", known->second.etag, false});
    if (!known->second.last_modified.empty()) request.headers.push_back({"If-Modified-Since", known->second.last_modified, false});
  }
  auto answer = Send(request, stop);
  if (answer) return AnswerOf(name, request, *answer, added);
  if (answer.error().code() == ErrorCode::kCancelled) return Fail(answer.error());
  NoteFailure();
  LogWarning("poll_failed", {{"source", options_.name}, {"poll", NameText(name)}, {"reason", answer.error().message()}});
  SpooledAnswer failed;
  failed.page = FaultyPage(answer.error().message(), "");
  return failed;
}

SpooledAnswer PollSource::AnswerOf(const PollName& name, const OutboundRequest& request, const OutboundAnswer& answer,
                                   const std::vector<std::pair<std::string, std::string>>& added) {
  SpooledAnswer spooled;
  spooled.address = Fingerprint(request.url);
  if (answer.status == kNotModified) {
    ++counts_->unchanged;
    counts_->last_answer_ms = clock_.Now().millis();
    const auto known = spool_.state().validators.find(spooled.address);
    if (known != spool_.state().validators.end()) spooled.validator = known->second;
    return spooled;
  }
  spooled.page = ReadPollAnswer(answer, spec_, added);
  PollPage& page = spooled.page;
  const bool faulty = page.rows.size() == 1 && !page.rows.front().fault.empty();
  if (faulty) {
    NoteFailure();
    LogWarning("poll_failed", {{"source", options_.name}, {"poll", NameText(name)}, {"reason", page.rows.front().fault}});
    return spooled;
  }
  ++counts_->answers;
  counts_->last_answer_ms = clock_.Now().millis();
  // A server that does not know the pages it is asked for sends one of them for ever.
  if (page.records > 0 && round_->fingerprints.contains(page.fingerprint)) {
    LogWarning("poll_page_repeated", {{"source", options_.name}, {"poll", NameText(name)}});
    page.rows.clear();
    return spooled;
  }
  auto next = NextPollPage(answer, page, spec_.pages, round_->asked);
  const bool loops = next && !next->empty() && (*next == round_->asked || round_->asked_before.contains(*next));
  if (!next) page.rows.push_back({"", "", next.error().message()});
  if (loops) page.rows.push_back({"", *next, "the answer calls a page the next one that has been read already"});
  const bool too_many = next && !next->empty() && name.page + 1 >= spec_.pages.pages_max;
  if (too_many) page.rows.push_back({"", "", fmt::format("there are more than {} pages", spec_.pages.pages_max)});
  if (next && !loops && !too_many) page.next = std::move(*next);
  if (spec_.pages.by == config::PollPages::By::kNone) {
    spooled.validator = {std::string(answer.Header("etag")), std::string(answer.Header("last-modified"))};
  }
  return spooled;
}

// Asks for the next answer of the round and spools it.
Status PollSource::Ask(const std::stop_token& stop) {
  const PollName name = *round_->next;
  TR_TRY(SpooledAnswer answer, Fetch(name, stop));
  answer.first_row = round_->rows;
  if (answer.first_row + static_cast<int64_t>(answer.page.rows.size()) >= kRowsPerDueMax) {
    answer.page = FaultyPage(fmt::format("more than {} records of one due time", kRowsPerDueMax - 1), "");
  }
  TR_RETURN_IF_ERROR(spool_.Keep(name, answer));
  round_->spooled.push_back(name);
  return {};
}

// Some rows of the answer in hand.
SourceBatch PollSource::TakeRows(size_t bytes_max) {
  SourceBatch batch;
  batch.item = kItem;
  batch.item_name = NameText(name_);
  for (size_t bytes = 0; row_ < rows_.size() && bytes < bytes_max; ++row_) {
    const PollRow& from = rows_[row_];
    SourceRow row;
    row.json = std::string_view(from.json).substr(0, from.json.size() - RecordDecoder::kPadding);
    row.raw = from.fault.empty() ? row.json : std::string_view(from.raw);
    row.fault = from.fault;
    row.place = place_ + static_cast<int64_t>(row_);
    row.line = static_cast<int64_t>(row_) + 1;  // for people, the place is too large a number
    bytes += row.raw.size();
    batch.rows.push_back(std::move(row));
  }
  batch.next = place_ + static_cast<int64_t>(row_);
  return batch;
}

Result<SourceBatch> PollSource::Next(size_t bytes_max, const ResumeLookup& resume, std::stop_token stop) {
  if (!opened_) TR_RETURN_IF_ERROR(Open(resume));
  while (!stop.stop_requested()) {
    if (row_ < rows_.size()) return TakeRows(bytes_max);
    if (round_ && !round_->spooled.empty()) {
      const PollName name = round_->spooled.front();
      round_->spooled.erase(round_->spooled.begin());
      TR_RETURN_IF_ERROR(Load(name));
    } else if (round_ && round_->next) {
      TR_RETURN_IF_ERROR(Ask(stop));
    } else if (round_) {
      // All that was handed out is in the log: whoever calls Next says so.
      handled_s_ = std::max(round_->due_s, done_below_ >> kPollRowBits);
      TR_RETURN_IF_ERROR(spool_.Finish(std::move(round_->state)));
      round_.reset();
      TellAskers();
    } else if (const auto due_s = NextDue(stop)) {
      TR_RETURN_IF_ERROR(Begin(*due_s, {}));
    } else {
      break;
    }
  }
  SourceBatch last;
  last.item = kItem;
  last.end = !stop.stop_requested();
  return last;
}

}  // namespace

WaitForTime WaitOnClock(Clock& clock) {
  return [&clock](WallTime due, const std::stop_token& stop) {
    // The clock of the machine may be set meanwhile: it is looked at now and then.
    constexpr std::chrono::microseconds kLongest{std::chrono::seconds(20)};
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      const std::chrono::microseconds left(due.micros - clock.Now().micros);
      if (left.count() <= 0) return true;
      woken.wait_for(lock, stop, std::min(left, kLongest), [] { return false; });
    }
    return false;
  };
}

Result<std::unique_ptr<Source>> MakePollSource(const config::PollSourceSpec& spec, PollSourceOptions options, OutboundHttp& http,
                                               FileSystem& files, Clock& clock) {
  TR_TRY(auto requests, PollRequests::Compile(spec));
  TR_TRY(auto spool, PollSpool::Open(files, options.folder, options.rest));
  return std::make_unique<PollSource>(spec, std::move(options), std::move(requests), std::move(spool), http, clock);
}

}  // namespace tailrace
