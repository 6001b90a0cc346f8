// What the program says when an exception of a library ends it: there is a reason, and a status that tells it from a
// crash.
#pragma once

namespace tailrace::app {

// For main, once. From then on an exception that nothing catches (no more threads, no more memory, one that a library
// throws out of a destructor) is written to standard error in one line, and the process ends at once with
// ExitCode::kFailed. Nothing is flushed or closed, as after a kill: what was acknowledged is on stable storage, and the
// next start goes on from there.
void InstallLastWords();

}  // namespace tailrace::app
