#include "engine/alert_desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "engine/deadline.h"
#include "engine/run_names.h"

namespace tailrace::engine {
namespace {

constexpr int64_t kMicrosPerMilli = 1'000;
constexpr std::chrono::milliseconds kAlertQueryTimeout{30'000};
// Between attempts to tell; doubled for each further one, up to the last.
constexpr int64_t kTellAgainMicros = 30'000'000;
constexpr int64_t kTellDoublings = 6;

}  // namespace

Result<std::unique_ptr<AlertDesk>> AlertDesk::Open(const config::Pipeline& pipeline, RunStore& store, Warehouse& warehouse, Notifiers& notifiers, Clock& clock) {
  std::unique_ptr<AlertDesk> desk(new AlertDesk(pipeline, store, warehouse, notifiers, clock));
  TR_TRY(const auto states, store.Alerts());
  TR_TRY(const auto silences, store.Silences());
  for (const config::AlertSpec& alert : pipeline.alerts) {
    Entry entry;
    entry.spec = &alert;
    TR_TRY(entry.schedule, schedule::Schedule::Every(alert.every));
    entry.looked_at = clock.Now();
    entry.state.name = alert.name;
    for (const AlertState& state : states) {
      if (state.name == alert.name) entry.state = state;
    }
    for (const AlertSilence& silence : silences) {
      if (silence.alert == alert.name) entry.silence = silence;
    }
    desk->entries_.push_back(std::move(entry));
  }
  return desk;
}

std::string_view AlertDesk::StateOf(const AlertState& state) { return state.firing ? "firing" : state.since.micros != 0 ? "pending" : "ok"; }

std::optional<WallTime> AlertDesk::NextWake() {
  const std::lock_guard lock(mutex_);
  std::optional<WallTime> next;
  const auto consider = [&](std::optional<WallTime> time) {
    if (time && (!next || *time < *next)) next = time;
  };
  for (const Entry& entry : entries_) {
    consider(entry.schedule->Next(entry.looked_at));
    if (!entry.state.told) consider(std::max(entry.tell_not_before, entry.silence.until));
  }
  return next;
}

Status AlertDesk::LookDue(const std::stop_token& stop) {
  for (Entry& entry : entries_) {
    if (stop.stop_requested()) return {};
    const WallTime now = clock_.Now();
    const auto due = entry.schedule->Last(now);
    if (due && *due > entry.looked_at) {
      const Status looked = Look(entry, stop);
      const std::lock_guard lock(mutex_);
      entry.looked_at = *due;
      entry.error = looked ? "" : looked.error().message();
    }
    if (!entry.state.told && entry.tell_not_before <= now && !IsSilent(entry, now)) Tell(entry, stop);
  }
  return {};
}

Status AlertDesk::Look(Entry& entry, const std::stop_token& stop) {
  const Deadline deadline(kAlertQueryTimeout, stop);
  const WallTime now = clock_.Now();
  int64_t rows = 0;
  TR_TRY(const auto row, FirstRow(warehouse_, entry.spec->sql.text, {}, now, &rows, deadline.token()));
  AlertState state = entry.state;
  if (rows == 0) {
    const bool was_told_firing = state.firing;
    state.firing = false;
    state.since = {};
    if (was_told_firing) {
      // One that began and ended before anybody could be told is not told at all.
      state.told = !state.told && state.told_at.micros == 0;
      BeginToTell(entry);
    }
    return Keep(entry, std::move(state));
  }
  if (state.since.micros == 0) state.since = now;
  schedule::TemplateValues values;
  values.times = {{"now", now}, {"since", state.since}};
  values.texts = row;
  values.texts.insert({{"alert", entry.spec->name}, {"rows", std::to_string(rows)}, {"pipeline", pipeline_.name}});
  const auto message = schedule::Template::Parse(entry.spec->message);
  const auto rendered = message ? message->Render(values) : Result<std::string>(Fail(message.error()));
  state.message = rendered ? *rendered : entry.spec->message;
  const bool lasts = now.micros - state.since.micros >= entry.spec->for_at_least.count() * kMicrosPerMilli;
  const bool is_due_again = entry.spec->repeat.count() > 0 && state.told_at.micros != 0 &&
                            now.micros - state.told_at.micros >= entry.spec->repeat.count() * kMicrosPerMilli;
  if ((!state.firing && lasts) || (state.firing && state.told && is_due_again)) {
    if (!state.firing) state.told_at = {};
    state.firing = true;
    state.told = false;
    BeginToTell(entry);
  }
  return Keep(entry, std::move(state));
}

void AlertDesk::BeginToTell(Entry& entry) {
  entry.tell_tries = 0;
  entry.tell_not_before = {};
  entry.heard.clear();
}

Status AlertDesk::Keep(Entry& entry, AlertState state) {
  if (state == entry.state) return {};
  TR_RETURN_IF_ERROR(store_.SetAlert(state));
  const std::lock_guard lock(mutex_);
  entry.state = std::move(state);
  return {};
}

void AlertDesk::Tell(Entry& entry, const std::stop_token& stop) {
  AlertState state = entry.state;
  Notification notification;
  notification.subject = fmt::format("{}: {} {}", pipeline_.name, entry.spec->name, state.firing ? "fires" : "is over");
  notification.text = state.firing ? fmt::format("{}\n\nSince {}.\n", state.message, TimeText(state.since)) : fmt::format("{}\n\nIt is over.\n", state.message);
  const Status told = SendToEach(notifiers_, entry.spec->notify, notification, &entry.heard, stop);
  const WallTime now = clock_.Now();
  if (!told) {
    LogWarning("an alert could not be told, it is tried again", {{"alert", entry.spec->name}, {"error", told.error().message()}});
    entry.tell_not_before = {now.micros + (kTellAgainMicros << std::min(entry.tell_tries++, kTellDoublings))};
    return;
  }
  state.told = true;
  state.told_at = state.firing ? now : WallTime{};
  if (const Status kept = Keep(entry, std::move(state)); !kept) LogError("alert not noted", {{"alert", entry.spec->name}, {"error", kept.error().message()}});
}

bool AlertDesk::IsSilent(const Entry& entry, WallTime now) {
  const std::lock_guard lock(mutex_);
  return now < entry.silence.until;
}

Result<AlertDesk::Entry*> AlertDesk::Find(std::string_view alert) {
  std::string known;
  for (Entry& entry : entries_) {
    if (entry.spec->name == alert) return &entry;
    known += (known.empty() ? "" : ", ") + entry.spec->name;
  }
  return Fail(Error::NotFound(fmt::format("there is no alert {}; {}", alert, known.empty() ? "the pipeline has none" : "there are " + known)));
}

Status AlertDesk::Silence(std::string_view alert, std::chrono::milliseconds lasts, std::string reason, std::string by) {
  TR_TRY(Entry* const entry, Find(alert));
  if (lasts.count() <= 0 || lasts > kSilenceMax) return Fail(Error::Invalid(fmt::format("an alert is silenced for up to {} days", std::chrono::duration_cast<std::chrono::hours>(kSilenceMax).count() / 24)));
  const AlertSilence silence{entry->spec->name, {clock_.Now().micros + lasts.count() * kMicrosPerMilli}, std::move(reason), std::move(by)};
  TR_RETURN_IF_ERROR(store_.SetSilence(silence));
  LogInfo("alert silenced", {{"alert", silence.alert}, {"until", TimeText(silence.until)}, {"by", silence.by}, {"reason", silence.reason}});
  const std::lock_guard lock(mutex_);
  entry->silence = silence;
  return {};
}

Status AlertDesk::Lift(std::string_view alert) {
  TR_TRY(Entry* const entry, Find(alert));
  TR_RETURN_IF_ERROR(store_.SetSilence({entry->spec->name, {}, "", ""}));
  const std::lock_guard lock(mutex_);
  entry->silence = {};
  return {};
}

std::vector<AlertView> AlertDesk::Alerts() {
  const WallTime now = clock_.Now();
  const std::lock_guard lock(mutex_);
  std::vector<AlertView> views;
  for (const Entry& entry : entries_) {
    const bool has_rows = entry.state.since.micros != 0;
    views.push_back({entry.spec, std::string(StateOf(entry.state)), has_rows ? std::optional(entry.state.since) : std::nullopt,
                     has_rows ? entry.state.message : "", entry.error,
                     now < entry.silence.until ? std::optional(entry.silence) : std::nullopt});
  }
  return views;
}

}  // namespace tailrace::engine
