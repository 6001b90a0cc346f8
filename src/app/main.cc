#include <csignal>

#include "app/last_words.h"
#include "app/process_memory.h"
#include "app/program.h"

int main(int argc, char** argv) {
  // A reader that goes away is an error of one write, not the end of the program.
  std::signal(SIGPIPE, SIG_IGN);
  // So is a file that may not grow any further (ulimit -f).
  std::signal(SIGXFSZ, SIG_IGN);
  tailrace::app::InstallLastWords();
  tailrace::app::TuneAllocator();
  tailrace::app::Console console;
  return static_cast<int>(tailrace::app::RunProgram(argc, argv, console));
}
