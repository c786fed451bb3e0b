#include <t3api/http1/content_coding.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/packing.hpp"

using namespace t3api;
using namespace t3api::detail::http1;

namespace {

coding coding_of(const std::vector<std::string>& values) {
  headers fields;
  for (const auto& value : values) fields.add_received("content-Encoding", value);
  return read_coding(fields);
}

}  // namespace

TEST_CASE("codings are known by name in any case, one at a time") {
  CHECK(read_coding({}) == coding::identity);
  for (const auto& values : std::vector<std::vector<std::string>>{
           {"identity"}, {"IDENTITY, identity"}, {"identity", "Identity"}, {""}, {" , "}}) {
    CHECK(coding_of(values) == coding::identity);
  }
  for (const auto& values : std::vector<std::vector<std::string>>{{"br"},
                                                                  {"zstd"},
                                                                  {"compress"},
                                                                  {"gzip, gzip"},
                                                                  {"gzip", "gzip"},
                                                                  {"gzip, deflate"},
                                                                  {"gzip", "br"},
                                                                  {"br", "gzip"},
                                                                  {"br, identity"},
                                                                  {"gzip;q=1"},
                                                                  {"gzip deflate"},
                                                                  {"\"gzip\""},
                                                                  {"gzipped"},
                                                                  {"none"}}) {
    CAPTURE(values.front());
    CHECK(coding_of(values) == coding::unknown);
  }
  const std::vector<std::pair<std::vector<std::string>, coding>> packed = {
      {{"gzip"}, coding::gzip},
      {{"GZIP"}, coding::gzip},
      {{"x-gzip"}, coding::gzip},
      {{"X-GZip"}, coding::gzip},
      {{", gzip,,"}, coding::gzip},
      {{"identity, gzip"}, coding::gzip},
      {{"gzip", "identity"}, coding::gzip},
      {{"deflate"}, coding::deflate},
      {{"Deflate"}, coding::deflate},
  };
  for (const auto& named : packed) {
    CAPTURE(named.first.front());
    CHECK(coding_of(named.first) == (can_unpack() ? named.second : coding::unknown));
  }
}

#ifdef T3API_DETAIL_ZLIB

namespace {

constexpr std::size_t enough = 1U << 20U;

/// The body, or the word for what is wrong.
std::string unpacked_text(coding how, std::string_view packed, std::size_t most_bytes = enough) {
  std::string body;
  switch (unpack(how, packed, body, most_bytes)) {
    case unpacked::whole: return "whole: " + body;
    case unpacked::too_large: return "too large";
    case unpacked::broken: break;
  }
  return "broken";
}

const std::string packed_text = "one two three four five six, one two three four five six";

struct packed_form {
  coding how;
  test::packing form;
};
const std::vector<packed_form> packed_forms = {{coding::gzip, test::packing::gzip},
                                               {coding::deflate, test::packing::zlib},
                                               {coding::deflate, test::packing::raw_deflate}};

}  // namespace

TEST_CASE("what was packed is unpacked, and a part of it is broken") {
  std::string noise;
  for (unsigned i = 0, state = 1; i < 3000; ++i, state = state * 1103515245U + 12345U)
    noise += static_cast<char>(state >> 16U);
  for (const auto& packed_as : packed_forms) {
    CAPTURE(static_cast<int>(packed_as.form));
    for (const auto& text : {std::string(), std::string("x"), packed_text, std::string(100000, 'y'), noise}) {
      const auto packed = test::pack(text, packed_as.form);
      CHECK(unpacked_text(packed_as.how, packed) == "whole: " + text);
      for (std::size_t size = 0; size < packed.size(); ++size) {
        CAPTURE(size);
        CHECK(unpacked_text(packed_as.how, packed.substr(0, size)) == "broken");
      }
    }
  }
}

TEST_CASE("zeros may follow what is packed, and nothing else") {
  for (const auto& packed_as : packed_forms) {
    CAPTURE(static_cast<int>(packed_as.form));
    const auto packed = test::pack(packed_text, packed_as.form);
    CHECK(unpacked_text(packed_as.how, packed + std::string(1, '\0')) == "whole: " + packed_text);
    CHECK(unpacked_text(packed_as.how, packed + std::string(600, '\0')) == "whole: " + packed_text);
    for (const auto& more :
         {std::string("x"), std::string("\0x", 2), std::string("\x1F"), std::string("\x1F\x8B\x08"),
          std::string("\r\n"), std::string(600, '\0') + packed}) {
      CHECK(unpacked_text(packed_as.how, packed + more) == "broken");
    }
  }
}

TEST_CASE("a gzip body has as many members as it likes, each whole") {
  const auto one = test::pack("one "), none = test::pack(""), two = test::pack("two");
  CHECK(unpacked_text(coding::gzip, one + two) == "whole: one two");
  CHECK(unpacked_text(coding::gzip, one + none + two + none) == "whole: one two");
  CHECK(unpacked_text(coding::gzip, one + two + std::string(3, '\0')) == "whole: one two");
  for (std::size_t size = 1; size < two.size(); ++size) {
    CAPTURE(size);
    CHECK(unpacked_text(coding::gzip, one + two.substr(0, size)) == "broken");
  }
  const auto wrapped = test::pack("one", test::packing::zlib);
  CHECK(unpacked_text(coding::deflate, wrapped + wrapped) == "broken");
  std::string many;
  for (int i = 0; i < 1000; ++i) many += one;
  CHECK(unpacked_text(coding::gzip, many).size() == 7 + 4000);
}

TEST_CASE("any bit that is wrong in the text, its checksum or its length is found") {
  const auto packed = test::pack(packed_text);
  constexpr std::size_t head = 10;  // Time, system and the like may be anything (RFC 1952 section 2.3.1).
  for (std::size_t at = head; at < packed.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto damaged = packed;
      damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^ (1U << bit));
      CAPTURE(at);
      CAPTURE(bit);
      // The last block may have unused bits at its end.
      const auto text = unpacked_text(coding::gzip, damaged);
      CHECK((text == "broken" || (at + 9 == packed.size() && text == "whole: " + packed_text)));
    }
  }
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    auto damaged = packed;
    ++damaged[at];
    CHECK(unpacked_text(coding::gzip, damaged) == "broken");
  }
  auto zlib = test::pack(packed_text, test::packing::zlib);
  ++zlib.back();
  CHECK(unpacked_text(coding::deflate, zlib) == "broken");
}

TEST_CASE("all fields of a gzip head are understood") {
  const auto plain = test::pack(packed_text);
  const std::string rest = plain.substr(10);
  const auto with = [&](char flags, const std::string& fields) {
    auto head = plain.substr(0, 10);
    head[3] = flags;
    return unpacked_text(coding::gzip, head + fields + rest);
  };
  const std::string whole = "whole: " + packed_text;
  CHECK(with(1, "") == whole);                           // FTEXT
  CHECK(with(4, std::string("\x03\0abc", 5)) == whole);  // FEXTRA
  CHECK(with(8, std::string("a name\0", 7)) == whole);   // FNAME
  CHECK(with(16, std::string("\0", 1)) == whole);        // FCOMMENT
  CHECK(with(28, std::string("\x01\0x\0\0", 5)) == whole);
  CHECK(with(2, "ab") == "broken");  // FHCRC, and a wrong one
  CHECK(with(32, "") == "broken");   // Reserved.
}

TEST_CASE("formats are not taken for one another") {
  CHECK(unpacked_text(coding::gzip, test::pack("x", test::packing::zlib)) == "broken");
  CHECK(unpacked_text(coding::gzip, test::pack("x", test::packing::raw_deflate)) == "broken");
  CHECK(unpacked_text(coding::deflate, test::pack("x")) == "broken");
  CHECK(unpacked_text(coding::gzip, packed_text) == "broken");
  CHECK(unpacked_text(coding::deflate, packed_text) == "broken");
  CHECK(unpacked_text(coding::deflate,
                      "\x78\xBB"
                      "abcd") == "broken");  // Wants a dictionary.
}

TEST_CASE("no more than the limit is unpacked, and no less") {
  for (const auto& packed_as : packed_forms) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1024}, std::size_t{300000}}) {
      const std::string text(size, 'z');
      const auto packed = test::pack(text, packed_as.form);
      CAPTURE(size);
      CHECK(unpacked_text(packed_as.how, packed, size) == "whole: " + text);
      CHECK(unpacked_text(packed_as.how, packed, size + 1) == "whole: " + text);
      CHECK(unpacked_text(packed_as.how, packed, SIZE_MAX) == "whole: " + text);
      if (size > 0) CHECK(unpacked_text(packed_as.how, packed, size - 1) == "too large");
      if (size > 0) CHECK(unpacked_text(packed_as.how, packed, 0) == "too large");
    }
  }
  const auto member = test::pack("1234");
  CHECK(unpacked_text(coding::gzip, member + member, 8) == "whole: 12341234");
  CHECK(unpacked_text(coding::gzip, member + member, 7) == "too large");
}

TEST_CASE("a bomb takes no more memory than the limit") {
  const auto packed = test::pack(std::string(32U << 20U, 'z'));
  std::string body;
  CHECK(unpack(coding::gzip, packed, body, enough) == unpacked::too_large);
  CHECK(body.capacity() <= 2 * enough);
}

#endif
