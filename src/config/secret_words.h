// What must not be seen of the values that came into a file from outside.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/yaml.h"

namespace tailrace::config {

// Messages are made with care where a value is at hand, but what is read out of one (a type's name, a default, a test's name) is told in
// many places. This is the wall behind them: no word of a secret value that the file does not hold itself gets into a message.
// A value that is a whole SELECT is code and no secret: its names are told.
class SecretWords {
 public:
  SecretWords(const Tree& tree, std::string_view file);

  // Each of them as `…`.
  std::string Hide(std::string message) const;

 private:
  void Add(std::string word, std::string_view file);

  std::vector<std::string> words_;  // in lower case
};

}  // namespace tailrace::config
