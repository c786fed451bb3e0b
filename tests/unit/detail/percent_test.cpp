#include <doctest/doctest.h>

#include <string>

#include <t3api/detail/percent.hpp>

using namespace t3api::detail;

namespace {

std::string encoded(std::string_view text, std::string_view also_kept = {}) {
  std::string out;
  append_percent_encoded(out, text, also_kept);
  return out;
}

}  // namespace

TEST_CASE("only the unreserved characters of RFC 3986 stay as they are") {
  CHECK(encoded("AZaz09-._~") == "AZaz09-._~");
  CHECK(encoded(":/?#[]@!$&'()*+,;=") == "%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D");
  CHECK(encoded(" %\"<>\\^`{|}") == "%20%25%22%3C%3E%5C%5E%60%7B%7C%7D");
  CHECK(encoded(std::string_view("\0\r\n\x7F", 4)) == "%00%0D%0A%7F");
  CHECK(encoded("\xC3\xA9\xFF") == "%C3%A9%FF");
}

TEST_CASE("further characters are kept when asked for, and what was there before stays") {
  std::string out = "x?";
  append_percent_encoded(out, "a/b c", "/");
  CHECK(out == "x?a/b%20c");
}

TEST_CASE("a query component is decoded, plus signs too") {
  CHECK(query_decode("a%20b+c") == "a b c");
  CHECK(query_decode("%e9%E9") == "\xE9\xE9");
  CHECK(query_decode("%2B%25") == "+%");
  CHECK(query_decode("") == "");
  CHECK(query_decode("%00") == std::string(1, '\0'));
}

TEST_CASE("a percent sign without two hex digits stays as it is") {
  for (const char* text : {"%", "%4", "100%", "%zz", "%4g", "%g4", "%%", "% 41"}) {
    CAPTURE(text);
    std::string plain(text);
    CHECK(query_decode(text) == plain);
  }
  CHECK(query_decode("%%41") == "%A");
}

TEST_CASE("every byte survives encoding and decoding") {
  std::string all;
  for (int code = 0; code < 256; ++code) all += static_cast<char>(static_cast<unsigned char>(code));
  CHECK(query_decode(encoded(all)) == all);
}
