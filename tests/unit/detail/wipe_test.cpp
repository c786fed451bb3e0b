#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>

#include <t3api/detail/wipe.hpp>

using t3api::detail::wipe;

TEST_CASE("wiping memory leaves zeros there and nothing else touched") {
  std::array<char, 16> memory{};
  memory.fill('s');
  wipe(memory.data() + 4, 8);
  for (std::size_t i = 0; i < memory.size(); ++i) CHECK(memory[i] == (i >= 4 && i < 12 ? '\0' : 's'));
  wipe(nullptr, 0);
}

TEST_CASE("wiping a string overwrites its text where it stands and empties it") {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{5}, std::size_t{15}, std::size_t{16}, std::size_t{5000}}) {
    CAPTURE(size);
    std::string text(size, 's');
    const auto capacity = text.capacity();
    const char* buffer = text.data();
    wipe(text);
    CHECK(text.empty());
    REQUIRE(text.capacity() == capacity);
    REQUIRE(text.data() == buffer);
    text.resize(capacity, 'x');
    CHECK(text.find('s') == text.npos);
  }
}

TEST_CASE("wiping a string overwrites what an earlier, longer text left in its buffer") {
  std::string text(100, 's');
  const char* buffer = text.data();
  text.resize(3);
  wipe(text);
  REQUIRE(text.data() == buffer);
  CHECK(std::count(buffer, buffer + 100, 's') == 0);
}
