#include <t3api/http1/fields.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace t3api;
using namespace t3api::detail::http1;

namespace {

headers received(const std::vector<std::string>& lines) {
  headers fields;
  for (const auto& line : lines) REQUIRE(add_field_line(fields, line) == "");
  return fields;
}

}  // namespace

TEST_CASE("tokens are what RFC 9110 calls so") {
  for (const std::string_view good : {"a", "Content-Length", "!#$%&'*+-.^_`|~09azAZ"}) {
    CAPTURE(good);
    CHECK(is_token(good));
  }
  for (const std::string_view bad :
       {"", "a b", "a:", "(a)", "a/b", "\"a\"", "a\t", "caf\xE9", "a,b", "a=b", "[a]"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_token(bad));
  }
}

TEST_CASE("blanks are spaces and tabs at both ends") {
  CHECK(trim_blanks(" \t a b\t ") == "a b");
  CHECK(trim_blanks(" \t ") == "");
  CHECK(trim_blanks("") == "");
  CHECK(trim_blanks("\va\f") == "\va\f");
}

TEST_CASE("empty elements of a list are skipped") {
  std::string_view list = " ,, a ,\tb c\t,,d";
  CHECK(take_element(list) == "a");
  CHECK(take_element(list) == "b c");
  CHECK(take_element(list) == "d");
  CHECK_FALSE(take_element(list));
  list = ", ,";
  CHECK_FALSE(take_element(list));
}

TEST_CASE("an element is found in any field of the name, in any case") {
  const auto has_close = [](const std::vector<std::string>& lines) {
    return has_element(received(lines), "Connection", "close");
  };
  CHECK(has_close({"Connection: close"}));
  CHECK(has_close({"CONNECTION:CLOSE"}));
  CHECK(has_close({"Connection: keep-alive, Close"}));
  CHECK(has_close({"Connection: keep-alive", "connection: ,close,"}));
  CHECK_FALSE(has_close({"Connection: closed"}));
  CHECK_FALSE(has_close({"Connection: not close"}));
  CHECK_FALSE(has_close({"Proxy-Connection: close"}));
  CHECK_FALSE(has_close({"Connection:"}));
}

TEST_CASE("a field keeps its value as it was sent") {
  struct sample {
    std::string_view line, name, value;
  };
  const std::vector<sample> samples = {
      {"A:b", "A", "b"},
      {"A: b", "A", "b"},
      {"A:\t b \t", "A", "b"},
      {"A:", "A", ""},
      {"A:   ", "A", ""},
      {"A:b:c: d", "A", "b:c: d"},
      {"A: b  c\td", "A", "b  c\td"},
      {"A: %41%2f+%zz", "A", "%41%2f+%zz"},
      {"A: caf\xE9 \xFF", "A", "caf\xE9 \xFF"},
      {"A: \"quoted, \\\"text\\\"\"", "A", "\"quoted, \\\"text\\\"\""},
      {"A: \x01\x7F", "A", "\x01\x7F"},
      {"(A/B)[c]: d", "(A/B)[c]", "d"},
      {"A\xC3\xA9: d", "A\xC3\xA9", "d"},
  };
  for (const auto& sample : samples) {
    CAPTURE(sample.line);
    headers fields;
    REQUIRE(add_field_line(fields, sample.line) == "");
    REQUIRE(fields.size() == 1);
    CHECK(fields.begin()->first == sample.name);
    CHECK(fields.begin()->second == sample.value);
  }
}

TEST_CASE("a line that is no field is told, and adds none") {
  const std::vector<std::string> samples = {"",
                                            "A",
                                            ": b",
                                            " : b",
                                            "A : b",
                                            "A\t: b",
                                            "A B: c",
                                            "\x7F: b",
                                            "A\x01: b",
                                            "A: b\rc",
                                            "A: b\r",
                                            "\rA: b",
                                            "A\r: b",
                                            std::string("A: b\0c", 6),
                                            std::string("A\0: b", 5)};
  for (const auto& line : samples) {
    CAPTURE(line);
    headers fields;
    CHECK(add_field_line(fields, line) != "");
    CHECK(fields.empty());
  }
}

TEST_CASE("a line that begins with a blank goes on with the value before") {
  const auto value = [](const std::vector<std::string>& lines) { return received(lines).begin()->second; };
  CHECK(value({"A: one", " two"}) == "one two");
  CHECK(value({"A: one ", "\t two\t", "  three"}) == "one two three");
  CHECK(value({"A:", " one"}) == "one");
  CHECK(value({"A: one", " ", "\t"}) == "one");
  CHECK(value({"A: one", " b: two"}) == "one b: two");
  headers none;
  CHECK(add_field_line(none, " A: b") != "");
  headers one = received({"A: b"});
  CHECK(add_field_line(one, " c\rd") != "");
  CHECK(add_field_line(one, std::string(" c\0d", 4)) != "");
  CHECK(one.begin()->second == "b");
}

TEST_CASE("Content-Length is one number, however often it is said") {
  struct sample {
    std::vector<std::string> lines;
    std::optional<std::uint64_t> bytes;
  };
  const std::vector<sample> samples = {
      {{"Content-Length: 5"}, 5},
      {{"content-length:5"}, 5},
      {{"Content-Length: 0"}, 0},
      {{"Content-Length: 0005"}, 5},
      {{"Content-Length: 5, 5"}, 5},
      {{"Content-Length: 5,,5,"}, 5},
      {{"Content-Length: 5, 05"}, 5},
      {{"Content-Length: 5", "Content-Length: 5"}, 5},
      {{"Content-Length: 18446744073709551615"}, UINT64_MAX},
      {{"Content-Length:"}, {}},
      {{"Content-Length: ,"}, {}},
      {{"Content-Length: 5, 6"}, {}},
      {{"Content-Length: 6", "Content-Length: 5"}, {}},
      {{"Content-Length: 5", "Content-Length:"}, {}},
      {{"Content-Length: x", "Content-Length: 0"}, {}},
      {{"Content-Length: 0", "Content-Length: x"}, {}},
      {{"Content-Length: +5"}, {}},
      {{"Content-Length: -5"}, {}},
      {{"Content-Length: -0"}, {}},
      {{"Content-Length: 0x5"}, {}},
      {{"Content-Length: 5.0"}, {}},
      {{"Content-Length: 5e1"}, {}},
      {{"Content-Length: 5 5"}, {}},
      {{"Content-Length: 5;"}, {}},
      {{"Content-Length: \"5\""}, {}},
      {{"Content-Length: 5", " 5"}, {}},
      {{"Content-Length: 18446744073709551616"}, {}},
      {{"Content-Length: 99999999999999999999999999"}, {}},
      {{"Content-Length: \xEF\xBC\x95"}, {}},
  };
  for (const auto& sample : samples) {
    CAPTURE(sample.lines.front());
    const auto length = read_content_length(received(sample.lines));
    CHECK(length.given);
    CHECK(length.valid == sample.bytes.has_value());
    if (sample.bytes) CHECK(length.bytes == *sample.bytes);
  }
  CHECK_FALSE(read_content_length(received({"X-Content-Length: 5"})).given);
}
