#include "config/read_schedule.h"

#include "config/quantity.h"

namespace tailrace::config {

std::optional<schedule::Schedule> ReadSchedule(const Node& body, const Node& owner, Reading& reading) {
  const Node* every = Find(body, "every");
  const Node* cron = Find(body, "cron");
  const bool written = body.Find("every") != nullptr || body.Find("cron") != nullptr;
  if ((every == nullptr) == (cron == nullptr)) {
    if (every != nullptr || !written) {
      reading.report.Error(every != nullptr ? cron->begin : owner.begin, every != nullptr ? "either every or cron, not both" : "every or cron is missing");
    }
    return std::nullopt;
  }
  schedule::TimeZone zone;
  if (const Node* name = Find(body, "timezone")) {
    auto found = schedule::TimeZone::Find(name->text);
    if (!found) {
      reading.report.Error(name->begin, found.error().message());
      return std::nullopt;
    }
    zone = *found;
  }
  const Node& when = every != nullptr ? *every : *cron;
  const auto schedule = every != nullptr
                            ? schedule::Schedule::Every(std::chrono::milliseconds(ParseDuration(every->text).value_or(0)), zone)
                            : schedule::Schedule::OfCron(cron->text, zone);
  if (schedule) return *schedule;
  reading.report.Error(when.begin, schedule.error().message());
  return std::nullopt;
}

schedule::CatchUp ReadCatchUp(const Node& body, Reading&) {
  schedule::CatchUp catch_up;
  const Node* node = Find(body, "catch_up");
  if (node == nullptr) return catch_up;
  if (node->kind == NodeKind::kMapping) {
    catch_up.kind = schedule::CatchUp::Kind::kAll;
    catch_up.max = static_cast<size_t>(IntegerOr(*node, "all", static_cast<int64_t>(catch_up.max)));
  } else if (node->text == "none") {
    catch_up.kind = schedule::CatchUp::Kind::kNone;
  } else if (node->text == "all") {
    catch_up.kind = schedule::CatchUp::Kind::kAll;
  }
  return catch_up;
}

}  // namespace tailrace::config
