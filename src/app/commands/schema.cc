#include "app/commands/declare.h"
#include "config/load.h"

namespace tailrace::app {

Action DeclareSchema(Arguments&) {
  return [](Console& console) {
    console.OutLine(config::PipelineJsonSchema());
    return ExitCode::kDone;
  };
}

}  // namespace tailrace::app
