#ifndef T3API_TESTS_SUPPORT_MEMORY_GROWTH_HPP
#define T3API_TESTS_SUPPORT_MEMORY_GROWTH_HPP

#include <cstddef>
#include <fstream>
#include <string>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "tests/support/sanitizers.hpp"

namespace t3api::test {

/// The highest memory use of this process above what it was when this was made, as far as Linux tells it.
class memory_growth {
 public:
  memory_growth() {
#ifdef __GLIBC__
    malloc_trim(0);  // Or what is free already would be used first, unseen.
#endif
    std::ofstream("/proc/self/clear_refs") << 5;  // VmHWM begins anew.
    before_ = highest();
  }

  std::size_t bytes() const { return (highest() - before_) * 1024; }

 private:
  /// In KiB; 0 where nothing says, and with sanitizers, which keep memory of their own.
  static std::size_t highest() {
#ifndef T3API_TEST_SANITIZED
    std::ifstream status("/proc/self/status");
    const std::string name = "VmHWM:";
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(name)) return std::stoul(line.substr(name.size()));
    }
#endif
    return 0;
  }

  std::size_t before_ = 0;
};

}  // namespace t3api::test

#endif
