#ifndef T3API_TESTS_INTEGRATION_PROGRAMS_MASKED_LINE_HPP
#define T3API_TESTS_INTEGRATION_PROGRAMS_MASKED_LINE_HPP

#include <unistd.h>

#include <string>
#include <utility>

#include <t3api/core/secret.hpp>

namespace t3api::test {

inline constexpr char mask = '\x5A';

/// A text on its way into a process that must not have it lying about: no byte of it stands for itself.
inline std::string masked(std::string text) {
  for (char& c : text) c = static_cast<char>(c ^ mask);
  return text;
}

/// Unmasks a line of standard input into a secret, which alone holds it then.
inline secret read_masked_line() {
  std::string text;
  text.reserve(100);  // Growing would leave copies.
  for (char c = 0; text.size() < text.capacity() && ::read(0, &c, 1) == 1 && c != '\n';) {
    text += static_cast<char>(c ^ mask);
  }
  return secret(std::move(text));
}

}  // namespace t3api::test

#endif
