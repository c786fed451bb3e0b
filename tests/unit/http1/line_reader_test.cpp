#include <t3api/http1/line_reader.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using t3api::detail::http1::line_reader;

namespace {

/// Lines in brackets, each with its ending; then what is left, in the same way for every size of pieces.
std::string lines_of(std::string_view wire, std::size_t piece, std::size_t most_bytes) {
  line_reader reader;
  std::string shown;
  while (!wire.empty()) {
    auto some = wire.substr(0, piece);
    const auto offered = some.size();
    if (const auto line = reader.take(some, most_bytes)) {
      shown += "[" + std::string(*line) + (reader.has_return() ? "]r" : "]n");
      CHECK(reader.bytes() == line->size() + (reader.has_return() ? 2 : 1));
      CHECK_FALSE(reader.has_part());
    } else if (reader.too_long()) {
      return shown + "too long";
    } else {
      CHECK(some.empty());
      CHECK(reader.has_part());
    }
    wire.remove_prefix(offered - some.size());
  }
  return shown + (reader.has_part() ? "part" : "");
}

}  // namespace

TEST_CASE("lines come out the same whatever pieces they came in") {
  struct sample {
    std::string_view wire;
    std::string_view lines;
  };
  const std::vector<sample> samples = {
      {"", ""},
      {"\n", "[]n"},
      {"\r\n", "[]r"},
      {"one\r\ntwo\n\r\n", "[one]r[two]n[]r"},
      {"one\r\ntw", "[one]rpart"},
      {"one\r", "part"},
      {"one\r\r\n", "[one\r]r"},
      {"a\rb\n", "[a\rb]n"},
      {std::string_view("a\0b\r\n", 5), std::string_view("[a\0b]r", 6)},
      {"123456\r\n", "[123456]r"},
      {"1234567\n", "[1234567]n"},
      {"1234567\r\n", "too long"},
      {"12345678\n", "too long"},
      {"123456789", "too long"},
      {"12345678", "part"},
      {"a\n123456\r\nb\n123456789", "[a]n[123456]r[b]ntoo long"},
  };
  for (const auto& sample : samples) {
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{5}, sample.wire.npos}) {
      CAPTURE(sample.wire);
      CAPTURE(piece);
      CHECK(lines_of(sample.wire, piece, 8) == sample.lines);
    }
  }
}

TEST_CASE("a limit of nothing lets no byte in") {
  line_reader reader;
  std::string_view wire = "\n";
  CHECK_FALSE(reader.take(wire, 0));
  CHECK(reader.too_long());
  CHECK(wire == "\n");
}

TEST_CASE("a line that came whole is not copied") {
  line_reader reader;
  const std::string_view all = "one\r\ntwo\r\n";
  auto wire = all;
  CHECK(reader.take(wire, 100)->data() == all.data());
  CHECK(reader.take(wire, 100)->data() == all.data() + 5);
}
