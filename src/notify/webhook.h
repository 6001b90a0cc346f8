// A message posted as JSON with a field `text`, as Slack, Mattermost and others take it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ports/notifier.h"
#include "ports/outbound_http.h"

namespace tailrace::notify {

struct WebhookOptions {
  std::string url;                           // secret
  std::vector<OutboundHeader> headers = {};
  bool allow_private = false;
};

// `{"text": "*subject*\ntext"}`.
std::string WebhookBody(const Notification& notification);

// `http` is borrowed.
std::unique_ptr<Notifier> NewWebhookNotifier(WebhookOptions options, OutboundHttp& http);

// Writes messages into the server's own log.
std::unique_ptr<Notifier> NewLogNotifier();

}  // namespace tailrace::notify
