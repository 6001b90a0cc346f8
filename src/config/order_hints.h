// Hints of `check` where an answer hangs on an order that rows of one file do not have.
#pragma once

#include "config/reading.h"

namespace tailrace::config {

// Rows of one batch of a source that go to several partitions are appended partition by partition, and after a crash between two of these the rest
// comes behind what others appended since: among them "first" and "last" are not the file's. It does not matter where all rows that are held
// against each other are of one partition. Behind the SQL check, which finds the streams.
void WarnOfOrder(Reading& reading);

}  // namespace tailrace::config
