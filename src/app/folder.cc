#include "app/folder.h"

#include <fmt/format.h>

#include <utility>

namespace tailrace::app {

Result<std::unique_ptr<Runtime>> OpenFolder(config::Pipeline pipeline) {
  RuntimeOptions options;
  options.serve = false;
  options.read_sources = false;
  return Runtime::Open(std::move(pipeline), std::move(options));
}

Result<std::unique_ptr<Runtime>> OpenFolderCaughtUp(config::Pipeline pipeline, const std::stop_token& stop) {
  TR_TRY(auto runtime, OpenFolder(std::move(pipeline)));
  TR_RETURN_IF_ERROR(runtime->Start());
  TR_RETURN_IF_ERROR(runtime->WaitCaughtUp(stop));
  return runtime;
}

Error NobodyToAsk(const Error& held, const Error& asked) {
  return Error::Unavailable(fmt::format("{}\nNor is it a server that can be asked: {}", held.message(), asked.message()));
}

Status FindServer(HttpClient& client, const Error& held, const std::stop_token& stop) {
  // What it answers is for the question itself to find out.
  const auto answer = client.Send({.method = "GET", .target = "/healthz", .headers = {}, .body = {}}, stop);
  if (answer) return {};
  return Fail(NobodyToAsk(held, answer.error()));
}

}  // namespace tailrace::app
