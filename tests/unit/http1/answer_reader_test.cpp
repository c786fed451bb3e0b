#include <t3api/http1/answer_reader.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/packing.hpp"

using namespace t3api;
using namespace t3api::detail::http1;

namespace {

struct asking {
  asked what = asked::get;
  std::size_t most_header = 256U << 10U;
  std::size_t most_body = 1U << 20U;
  bool farewell = true;  ///< How the connection ends behind all of the bytes.
};

struct heard {
  bool whole = false;
  std::string fault{};  ///< Empty for a whole answer and for a cut one.
  int status = 0;
  std::vector<headers::field> fields{};
  std::string body{};
  std::string left{};  ///< What follows the answer.
  bool kept = false;
  bool foreign = false;
  bool head = false;

  bool operator==(const heard&) const = default;

  /// As one line: the body, the fault, or "cut".
  std::string text() const {
    if (whole) return std::to_string(status) + " [" + body + "]";
    return fault.empty() ? "cut" : "fault: " + fault;
  }
};

/// Hands `wire` over in a first piece of `first` bytes and then pieces of `piece`; `straight`: as the
/// exchange does, which receives a body with a length into its place.
heard hear_in_pieces(std::string_view wire, const asking& how, std::size_t first, std::size_t piece,
                     bool straight) {
  answer_reader reader(how.what, how.most_header, how.most_body);
  std::size_t count = first;
  while (!wire.empty() && !reader.finished()) {
    const auto some = wire.substr(0, count);
    count = piece;
    if (const auto expected = reader.expected_as_is(); straight && expected > 0) {
      const auto kept = (std::min)(some.size(), expected);
      std::copy_n(some.data(), kept, reader.room(expected));
      reader.keep(kept);
      wire.remove_prefix(kept);
      continue;
    }
    auto next = some;
    reader.take(next);
    if (!next.empty() && !reader.finished()) FAIL("bytes were left");
    wire.remove_prefix(some.size() - next.size());
  }
  reader.take_end(how.farewell);
  CHECK(reader.finished());
  heard result{.whole = reader.whole(),
               .fault = reader.fault(),
               .status = reader.status(),
               .foreign = reader.is_foreign(),
               .head = reader.has_head()};
  if (!reader.whole()) return result;
  CHECK(reader.fault().empty());
  result.kept = reader.keeps_connection();
  result.left = wire;
  response answer = reader.take_answer();
  result.fields.assign(answer.headers.begin(), answer.headers.end());
  result.body = std::move(answer.body);
  return result;
}

/// The same whatever the pieces are.
heard hear(std::string_view wire, const asking& how = {}) {
  constexpr auto all = std::string_view::npos;
  CAPTURE(wire.substr(0, 300));
  const auto at_once = hear_in_pieces(wire, how, all, all, false);
  CHECK(hear_in_pieces(wire, how, 1, 1, false) == at_once);
  CHECK(hear_in_pieces(wire, how, 1, 1, true) == at_once);
  const auto step = wire.size() / 100 + 1;
  for (std::size_t cut = 1; cut < wire.size(); cut += step) {
    CAPTURE(cut);
    CHECK(hear_in_pieces(wire, how, cut, all, false) == at_once);
    CHECK(hear_in_pieces(wire, how, cut, all, true) == at_once);
  }
  return at_once;
}

/// Every part of an answer is cut, whatever the end of the connection says: but for a body that ends with the
/// connection, whose parts behind `head` cannot be told from a whole one.
void check_cuts(std::string_view answer, std::size_t head = std::string_view::npos, asking how = {}) {
  for (std::size_t size = 0; size < answer.size(); ++size) {
    for (const bool farewell : {false, true}) {
      if (farewell && size >= head) continue;
      CAPTURE(answer.substr(0, 300));
      CAPTURE(size);
      how.farewell = farewell;
      CHECK(hear_in_pieces(answer.substr(0, size), how, answer.npos, answer.npos, false).text() == "cut");
    }
  }
}

const std::string ok = "HTTP/1.1 200 OK\r\n";
const std::string in_chunks = ok + "Transfer-Encoding: chunked\r\n\r\n";

std::string with_length(std::string_view body, const std::string& fields = "") {
  return ok + fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

/// An answer with one more line in its head, and the body "hello".
std::string with_line(const std::string& line) { return with_length("hello", line + "\r\n"); }

}  // namespace

TEST_CASE("an answer is framed by its length, its chunks or the end of its connection") {
  const auto length = hear(with_length("hello") + "more");
  CHECK(length.text() == "200 [hello]");
  CHECK(length.left == "more");
  CHECK(length.kept);
  check_cuts(with_length("hello"));

  const auto chunks = hear(in_chunks + test::chunked("hello, world") + "more");
  CHECK(chunks.text() == "200 [hello, world]");
  CHECK(chunks.left == "more");
  CHECK(chunks.kept);
  check_cuts(in_chunks + test::chunked("hello, world"));

  const std::string head = ok + "A: b\r\n\r\n";
  const auto to_end = hear(head + "hello");
  CHECK(to_end.text() == "200 [hello]");
  CHECK_FALSE(to_end.kept);
  check_cuts(head + "hello", head.size());
  CHECK(hear(head + "hello", {.farewell = false}).text() == "cut");
  CHECK(hear(head).text() == "200 []");
  CHECK(hear(head, {.farewell = false}).text() == "cut");

  CHECK(hear(with_length("")).text() == "200 []");
  CHECK(hear("").text() == "cut");
}

TEST_CASE("a body of many bytes comes through as it is") {
  std::string body;
  for (int i = 0; i < 100000; ++i) body += static_cast<char>(i * i / 7);
  CHECK(hear(with_length(body)).body == body);
  CHECK(hear(in_chunks + test::chunked(body, 1000)).body == body);
  CHECK(hear(ok + "\r\n" + body).body == body);
}

TEST_CASE("statuses that have no body, and questions whose answers have none") {
  const std::string rest = "Content-Length: 5\r\nContent-Encoding: br\r\n\r\n",
                    chunks = "Transfer-Encoding: chunked\r\n\r\n";
  for (const char* status : {"204 No Content", "304 Not Modified"}) {
    for (const auto& fields : {rest, chunks, std::string("\r\n")}) {
      const auto answer = hear("HTTP/1.1 " + std::string(status) + "\r\n" + fields + "HTTP/1.1 ");
      CHECK(answer.whole);
      CHECK(answer.body.empty());
      CHECK(answer.kept);
      CHECK(answer.left == "HTTP/1.1 ");
    }
  }
  for (const char* status : {"200 OK", "404 Not Found", "206 Partial Content", "301 Moved"}) {
    for (const auto& fields : {rest, chunks, std::string("\r\n")}) {
      const auto answer = hear("HTTP/1.1 " + std::string(status) + "\r\n" + fields, {.what = asked::head});
      CHECK(answer.whole);
      CHECK(answer.body.empty());
      CHECK(answer.kept);
      check_cuts("HTTP/1.1 " + std::string(status) + "\r\n" + fields, std::string::npos,
                 {.what = asked::head});
    }
  }
  // A tunnel begins behind the head of any 2xx; what else answers CONNECT has a body.
  for (const char* status : {"200 Connection established", "204 No Content", "299 "}) {
    const auto answer =
        hear("HTTP/1.1 " + std::string(status) + "\r\n" + rest + "\x16\x03", {.what = asked::connect});
    CHECK(answer.whole);
    CHECK(answer.body.empty());
    CHECK(answer.left == "\x16\x03");
  }
  CHECK(hear("HTTP/1.0 407 Auth\r\nContent-Length: 2\r\n\r\nno", {.what = asked::connect}).text() ==
        "407 [no]");
  // Others have one.
  CHECK(hear("HTTP/1.1 205 Reset\r\nContent-Length: 2\r\n\r\nab").text() == "205 [ab]");
  CHECK(hear("HTTP/1.1 206 Part\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\nab").text() ==
        "206 [ab]");
  CHECK(hear("HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Length: 2\r\n\r\nab").text() == "301 [ab]");
  CHECK(hear("HTTP/1.1 300 Choices\r\n\r\nab").text() == "300 [ab]");
}

TEST_CASE("interim answers are skipped, with all that they say") {
  const std::string interim =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\nContent-Length: 99\r\n\r\n"
      "HTTP/1.1 199 \r\nConnection: close\r\nTransfer-Encoding: x\r\n\r\nHTTP/1.0 102\r\n\r\n";
  const auto answer = hear(interim + with_length("hello", "A: b\r\n"));
  CHECK(answer.text() == "200 [hello]");
  CHECK(answer.kept);
  CHECK(answer.fields == std::vector<headers::field>{{"A", "b"}, {"Content-Length", "5"}});
  check_cuts(interim + with_length("hello"));
  CHECK_FALSE(hear(interim).head);
  CHECK(hear(interim).status == 0);

  const auto switched = hear("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + with_length("hello"));
  CHECK(switched.text().starts_with("fault: status 101"));
  CHECK(hear("HTTP/1.1 100 Continue\r\n\r\nnot HTTP").foreign);
}

TEST_CASE("a status line is told by its first bytes, and has one form") {
  for (const char* line :
       {"HTTP/1.1 200 OK", "HTTP/1.1 200 ", "HTTP/1.1 200", "HTTP/1.1 200 caf\xE9 \x01", "HTTP/1.0 200 OK",
        "HTTP/1.1 200  two  blanks ", "HTTP/1.9 200 OK", "HTTP/1.1 200 HTTP/1.1 500"}) {
    const std::string text = line;
    CHECK(hear(text + "\r\nContent-Length: 2\r\n\r\nhi").text() == "200 [hi]");
    CHECK(hear(text + "\nContent-Length: 2\n\nhi").text() == "200 [hi]");
  }
  for (const char* line : {"",
                           " HTTP/1.1 200 OK",
                           "HTTP/1.1",
                           "HTTP/1.1 ",
                           "HTTP/1.1 20",
                           "HTTP/1.1 2000",
                           "HTTP/1.1 20 OK",
                           "HTTP/1.1 2x0 OK",
                           "HTTP/1.1 +20 OK",
                           "HTTP/1.1 -20 OK",
                           "HTTP/1.1 200OK",
                           "HTTP/1.1  200 OK",
                           "HTTP/1.1\t200 OK",
                           "HTTP/1.1 200\tOK",
                           "HTTP/1.10 200 OK",
                           "HTTP/1. 200 OK",
                           "HTTP/1.x 200 OK",
                           "HTTP/2 200",
                           "HTTP/2.0 200 OK",
                           "HTTP/0.9 200 OK",
                           "http/1.1 200 OK",
                           "HTTPS/1.1 200 OK",
                           "ICY 200 OK",
                           "SSH-2.0-OpenSSH_9.2",
                           "<html>",
                           "hello",
                           "\x15\x03\x01",
                           "200 OK",
                           "HTTP 200 OK",
                           "\xEF\xBB\xBFHTTP/1.1 200 OK"}) {
    const auto answer = hear(std::string(line) + "\r\nContent-Length: 2\r\n\r\nhi");
    CHECK_FALSE(answer.whole);
    CHECK(answer.foreign);
    CHECK(answer.status == 0);
  }
  for (const char* line : {"HTTP/1.1 000 x", "HTTP/1.1 099 x", "HTTP/1.1 600 x", "HTTP/1.1 999 x"}) {
    const auto answer = hear(std::string(line) + "\r\nContent-Length: 2\r\n\r\nhi");
    CHECK(answer.text() == "fault: a status that is none of HTTP");
    CHECK_FALSE(answer.foreign);
  }
  // What is none is told at once: nobody waits for the end of its line.
  for (const std::string_view start : {"S", "HTTP/2", "HX", "\n"}) {
    answer_reader reader(asked::get, 1000, 1000);
    auto wire = start;
    reader.take(wire);
    CHECK(reader.finished());
    CHECK(reader.is_foreign());
  }
}

TEST_CASE("the length of a body is beyond doubt, or there is no answer") {
  for (const char* line :
       {"Content-Length: 5", "CONTENT-LENGTH:5", "Content-Length: 5, 5", "Content-Length: 0005"}) {
    CHECK(hear(ok + "Content-Length: 5\r\n" + line + "\r\n\r\nhello").text() == "200 [hello]");
  }
  for (const char* line :
       {"Content-Length: 4", "Content-Length: 6", "Content-Length:", "Content-Length: +5",
        "Content-Length: -5", "Content-Length: 0x5", "Content-Length: 5 5", "Content-Length: 5, 6",
        "Content-Length: five", "Content-Length: 18446744073709551621",
        "Content-Length: 99999999999999999999999"}) {
    CHECK(hear(with_line(line)).text() == "fault: a Content-Length that is not one number");
    CHECK(hear(ok + line + "\r\nContent-Length: 5\r\n\r\nhello").text() ==
          "fault: a Content-Length that is not one number");
  }
  for (const char* line :
       {"Transfer-Encoding: chunked", "Transfer-Encoding: identity", "transfer-encoding:"}) {
    CHECK(hear(with_line(line)).fault.starts_with("both Content-Length and Transfer-Encoding"));
  }
}

TEST_CASE("the one transfer coding is chunked") {
  const std::string body = "5\r\nhello\r\n0\r\n\r\n";
  for (const char* lines :
       {"Transfer-Encoding: chunked", "TRANSFER-ENCODING:CHUNKED", "Transfer-Encoding: , Chunked ,"}) {
    CHECK(hear(ok + lines + "\r\n\r\n" + body).text() == "200 [hello]");
  }
  for (const char* lines :
       {"Transfer-Encoding:", "Transfer-Encoding: ,", "Transfer-Encoding: identity",
        "Transfer-Encoding: gzip", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: chunked;q=1", "Transfer-Encoding: xchunked", "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: chunked\x0B"}) {
    CHECK(hear(ok + lines + "\r\n\r\n" + body).text() == "fault: a Transfer-Encoding other than chunked");
  }
  CHECK(hear(in_chunks + "5\nhello\r\n0\r\n\r\n").fault != "");
  CHECK(hear(in_chunks + "5\r\nhello0\r\n\r\n").fault != "");
  CHECK(hear(in_chunks + "x\r\n").fault != "");
  CHECK(hear(in_chunks + "5;a=\"b\"\r\nhello\r\n00\r\nA: b\r\n\r\n").text() == "200 [hello]");
  CHECK(hear(in_chunks + "5\r\nhello\r\n0\r\nStatus: 500\r\n\r\n").fields.size() == 1);
}

TEST_CASE("a connection is kept by HTTP/1.1 alone, and when nobody says close") {
  CHECK(hear(with_line("A: close")).kept);
  CHECK(hear(with_line("Connection: keep-alive")).kept);
  CHECK(hear(with_line("Connection: closed")).kept);
  for (const char* line :
       {"Connection: close", "connection:CLOSE", "Connection: keep-alive, Close", "Connection: ,close",
        "Connection: keep-alive\r\nConnection: close", "Connection:\r\n close"}) {
    const auto answer = hear(with_line(line));
    CHECK(answer.text() == "200 [hello]");
    CHECK_FALSE(answer.kept);
  }
  for (const char* line : {"A: b", "Connection: keep-alive"}) {
    const std::string head = "HTTP/1.0 200 OK\r\n" + std::string(line) + "\r\n";
    CHECK(hear(head + "Content-Length: 5\r\n\r\nhello").text() == "200 [hello]");
    CHECK_FALSE(hear(head + "Content-Length: 5\r\n\r\nhello").kept);
    CHECK(hear(head + "\r\nhello").text() == "200 [hello]");
    CHECK(hear(head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n").text() == "200 [hello]");
  }
}

TEST_CASE("headers come out as they were sent") {
  const auto answer = hear(with_length("",
                                       "A: %41%2F+%\r\nb:caf\xE9 \xFF\r\nA:\r\nC: one\r\n\t two \r\n  \r\n "
                                       "D: three\r\nE:\t\"x\\\"y, z\"  \r\nX-\xC3\xA4(1): f:g\r\n"));
  CHECK(answer.fields == std::vector<headers::field>{{"A", "%41%2F+%"},
                                                     {"b", "caf\xE9 \xFF"},
                                                     {"A", ""},
                                                     {"C", "one two D: three"},
                                                     {"E", "\"x\\\"y, z\""},
                                                     {"X-\xC3\xA4(1)", "f:g"},
                                                     {"Content-Length", "0"}});
}

TEST_CASE("what is no header is a fault of the answer") {
  for (const std::string& line :
       {std::string("Junk"), std::string("A : b"), std::string(": b"), std::string("A B: c"),
        std::string("A\t: b"), std::string("A: b\rc"), std::string("A: b\r"), std::string("A: b\0c", 6),
        std::string("A\0: b", 5), std::string("A: b\r\n c\rd"), std::string("A: b\r\n \0", 8),
        std::string("Content-Length : 9")}) {
    const auto answer = hear(with_line(line));
    CHECK(answer.fault.starts_with("a header "));
    CHECK_FALSE(answer.foreign);
  }
  CHECK(hear("HTTP/1.1 200 OK\r\n A: b\r\n\r\n").fault.starts_with("a header "));
  CHECK(hear("HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n folded\r\n\r\n")
            .fault.starts_with("a header "));
  CHECK(hear("HTTP/1.1 100 Continue\r\nJunk\r\n\r\n" + with_length("")).fault.starts_with("a header "));
}

TEST_CASE("lines may end with LF alone") {
  CHECK(hear("HTTP/1.1 200 OK\nA: b\r\nContent-Length: 5\n\nhello").text() == "200 [hello]");
  CHECK(hear("HTTP/1.1 200 OK\nA: b\nContent-Length: 5\n\r\nhello").fields.front() ==
        headers::field("A", "b"));
}

TEST_CASE("every byte of a head counts, and the last one that is allowed is no fault") {
  const auto fits = [](const std::string& head, const asking& how) {
    asking exactly = how;
    exactly.most_header = head.size();
    CHECK(hear(head + "hello", exactly).text() == "200 [hello]");
    exactly.most_header = head.size() - 1;
    const auto answer = hear(head + "hello", exactly);
    CHECK(answer.fault == "headers larger than the limit of " + std::to_string(head.size() - 1) +
                              " bytes (client_config::max_header_bytes)");
  };
  const std::string end = "Content-Length: 5\r\n\r\n";
  fits(ok + end, {});
  fits("HTTP/1.1 200 " + std::string(100000, 'r') + "\r\n" + end, {});
  fits(ok + "A: " + std::string(100000, 'v') + "\r\n" + end, {});
  fits(ok + std::string(100000, 'n') + ": v\r\n" + end, {});
  fits(ok + "A: b\r\n" + std::string(1000, ' ') + "\r\n c\r\n" + end, {});
  fits("HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 102 x\r\n\r\n" + ok + end, {});
  fits("HTTP/1.1 200 OK\nContent-Length: 5\n\n", {});
  std::string many = ok;
  for (int i = 0; i < 5000; ++i) many += "A:\r\n";
  fits(many + end, {});
  CHECK(hear(many + end + "hello").fields.size() == 5001);
  // Without an end it is an error, too, and at the limit at once.
  answer_reader reader(asked::get, 100, 100);
  const std::string endless = ok + "A: " + std::string(1000, 'x');
  std::string_view wire = endless;
  reader.take(wire);
  CHECK(reader.fault().starts_with("headers larger"));
}

TEST_CASE("interim answers without an end are ended by the limit") {
  std::string endless;
  while (endless.size() < 300000) endless += "HTTP/1.1 100 Continue\r\n\r\n";
  CHECK(hear(endless).fault.starts_with("headers larger than the limit"));
}

TEST_CASE("a body of the limit is whole, and one byte more is a fault") {
  const std::string fault = "a body larger than the limit of 10 bytes (client_config::max_body_bytes)";
  const asking ten{.most_body = 10};
  for (const std::string& head : {ok + "\r\n", std::string()}) {
    const auto framed = [&](const std::string& body) {
      return head.empty() ? with_length(body) : head + body;
    };
    CHECK(hear(framed("0123456789"), ten).text() == "200 [0123456789]");
    CHECK(hear(framed("0123456789a"), ten).fault == fault);
  }
  CHECK(hear(in_chunks + test::chunked("0123456789", 3), ten).text() == "200 [0123456789]");
  CHECK(hear(in_chunks + test::chunked("0123456789a", 3), ten).fault == fault);
  CHECK(hear(in_chunks + test::chunked("0123456789a", 99), ten).fault == fault);
  CHECK(hear(ok + "Content-Length: 11\r\n\r\n", ten).fault == fault);
  CHECK(hear(ok + "Content-Length: 18446744073709551615\r\n\r\n", ten).fault == fault);
  CHECK(hear(ok + "Content-Length: 18446744073709551615\r\n\r\n", {.what = asked::head, .most_body = 10})
            .whole);
}

TEST_CASE("no limit is no limit") {
  const asking unlimited{.most_header = SIZE_MAX, .most_body = SIZE_MAX};
  CHECK(hear(with_length("hello"), unlimited).text() == "200 [hello]");
  CHECK(hear(ok + "\r\nhello", unlimited).text() == "200 [hello]");
  CHECK(hear(in_chunks + "5;a=bcdefghijklmnopqrstuvwxyz\r\nhello\r\n0\r\n\r\n", unlimited).text() ==
        "200 [hello]");
}

TEST_CASE("a coding that is not understood is a fault, but where there is no body") {
  for (const char* line :
       {"Content-Encoding: br", "Content-Encoding: zstd", "Content-Encoding: gzip, gzip",
        "Content-Encoding: gzip\r\ncontent-encoding: deflate", "Content-Encoding: aes128gcm"}) {
    CHECK(hear(with_line(line)).text() == "fault: a Content-Encoding that was not asked for");
    CHECK(hear(with_line(line), {.what = asked::head}).whole);
  }
  CHECK(hear(with_line("Content-Encoding: Identity")).text() == "200 [hello]");
}

#ifdef T3API_DETAIL_ZLIB

TEST_CASE("a packed body is unpacked in every frame, and any part of it is an error") {
  const std::string text = "hello, hello, hello";
  struct sample {
    const char* name;
    std::string packed;
  };
  const std::vector<sample> samples = {
      {"gzip", test::pack(text)},
      {"GZIP", test::pack("hello, ") + test::pack("hello, hello")},
      {"x-gzip", test::pack(text) + std::string(2, '\0')},
      {"deflate", test::pack(text, test::packing::zlib)},
      {"Deflate", test::pack(text, test::packing::raw_deflate)},
      {"identity, gzip", test::pack(text)},
  };
  for (const auto& sample : samples) {
    CAPTURE(sample.name);
    const std::string coded = "Content-Encoding: " + std::string(sample.name) + "\r\n";
    const std::string chunked_head = ok + coded + "Transfer-Encoding: chunked\r\n\r\n",
                      plain_head = ok + coded + "\r\n";
    CHECK(hear(with_length(sample.packed, coded)).text() == "200 [" + text + "]");
    CHECK(hear(chunked_head + test::chunked(sample.packed)).text() == "200 [" + text + "]");
    CHECK(hear(plain_head + sample.packed).text() == "200 [" + text + "]");
    CHECK(hear(plain_head + sample.packed, {.farewell = false}).text() == "cut");
    check_cuts(with_length(sample.packed, coded));
    check_cuts(chunked_head + test::chunked(sample.packed));
    // The frame is whole, and what is in it is not.
    const auto stream = sample.packed.find_last_not_of('\0') + 1;
    for (std::size_t size = 1; size < stream; ++size) {
      const auto part = sample.packed.substr(0, size);
      const bool one_member = std::string_view(sample.name) == "GZIP" && size == test::pack("hello, ").size();
      CAPTURE(size);
      CHECK(hear_in_pieces(with_length(part, coded), {}, 50, 9, true).whole == one_member);
      CHECK(hear_in_pieces(chunked_head + test::chunked(part), {}, 50, 9, true).whole == one_member);
      CHECK(hear_in_pieces(plain_head + part, {}, 50, 9, true).whole == one_member);
    }
    CHECK(hear(with_length(sample.packed + "x", coded))
              .fault.starts_with("a packed body that is cut or damaged"));
    CHECK(hear(with_length("", coded)).text() == "200 []");
  }
}

TEST_CASE("the limit of a body holds packed and unpacked") {
  const std::string coded = "Content-Encoding: gzip\r\n", text(1000, 'x'), packed = test::pack(text);
  CHECK(hear(with_length(packed, coded), {.most_body = 1000}).body == text);
  CHECK(
      hear(with_length(packed, coded), {.most_body = 999}).fault.starts_with("a body larger than the limit"));
  CHECK(hear(with_length(test::pack("x"), coded), {.most_body = 10})
            .fault.starts_with("a body larger than the limit"));
}

#else

TEST_CASE("without zlib no packed body is taken") {
  CHECK(hear(with_line("Content-Encoding: gzip")).text() ==
        "fault: a Content-Encoding that was not asked for");
}

#endif
