#ifndef T3API_TESTS_FUZZ_DECOMPRESSOR_HPP
#define T3API_TESTS_FUZZ_DECOMPRESSOR_HPP

#include <cstddef>
#include <string>
#include <string_view>

#include <t3api/http1/content_coding.hpp>

#include "tests/fuzz/input.hpp"

namespace t3api::test {

/// One input of the fuzzer: two bytes say the coding, the limit and where to cut; the rest is packed.
inline void fuzz_decompressor(std::string_view input) {
  using namespace detail::http1;
  if (!can_unpack()) return;
  fuzz_input choices(input);
  const std::size_t how = choices.byte(), cut = choices.byte();
  const std::string_view packed = choices.rest();
  const auto format = how % 2 == 0 ? coding::gzip : coding::deflate;
  const std::size_t limit = (how & 2U) != 0 ? 64 : 64U << 10U;

  std::string body;
  const auto state = unpack(format, packed, body, limit);
  demand(state != unpacked::whole || body.size() <= limit, "a body is larger than the limit");
  std::string loose;
  const auto unlimited = unpack(format, packed, loose, 4U << 20U);
  if (state == unpacked::whole) demand(unlimited == state && loose == body, "a higher limit changes a body");
  if (state == unpacked::too_large) {
    demand(unlimited != unpacked::whole || loose.size() > limit, "a body within the limit is refused");
  }
  if (unlimited != unpacked::whole) return;
  std::string exact;
  demand(unpack(format, packed, exact, loose.size()) == unpacked::whole, "a limit that fits refuses a body");
  if (!loose.empty()) {
    std::string none;
    demand(unpack(format, packed, none, loose.size() - 1) == unpacked::too_large, "a limit does not hold");
  }
  // Zeros may follow a stream, and a gzip body is a series of members (RFC 1952 section 2.2): it may end
  // behind each of them.
  const auto own = packed.substr(0, packed.find_last_not_of('\0') + 1);
  std::string part;
  if (unpack(format, own.substr(0, cut * own.size() / 256), part, 4U << 20U) == unpacked::whole) {
    demand(format == coding::gzip && loose.starts_with(part), "a part of a body is taken for a whole one");
  }
}

}  // namespace t3api::test

#endif
