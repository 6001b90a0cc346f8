#pragma once

namespace tailrace::config {

// Where something stands in the pipeline file, from 1.
struct Place {
  int line = 0;
  int column = 0;
};

}  // namespace tailrace::config
