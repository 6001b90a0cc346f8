// Texts of the pipeline file that keep their places.
#pragma once

#include <string>
#include <vector>

#include "config/place.h"

namespace tailrace::config {

struct SqlText {
  std::string text;
  Place place;                     // of its first character
  std::vector<Place> line_places;  // of the first character of each of its lines
};

}  // namespace tailrace::config
