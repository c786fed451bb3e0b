#ifndef T3API_TESTS_FUZZ_INPUT_HPP
#define T3API_TESTS_FUZZ_INPUT_HPP

#include <cstddef>
#include <stdexcept>
#include <string_view>

namespace t3api::test {

/// What must hold for every input. The fuzzer reports what is thrown, as does the test that replays inputs.
inline void demand(bool holds, const char* otherwise) {
  if (!holds) throw std::logic_error(otherwise);
}

/// An input of a fuzzer, taken apart from its front.
class fuzz_input {
 public:
  explicit fuzz_input(std::string_view bytes) noexcept : bytes_(bytes) {}

  /// The next byte; 0 behind the end.
  std::size_t byte() noexcept {
    if (bytes_.empty()) return 0;
    const auto first = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return first;
  }

  /// What is left.
  std::string_view rest() const noexcept { return bytes_; }

 private:
  std::string_view bytes_;
};

}  // namespace t3api::test

#endif
