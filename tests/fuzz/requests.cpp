#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/requests.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  t3api::test::fuzz_requests({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
