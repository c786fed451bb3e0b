// What the library takes for a whole answer, beside what curl does.
#include <doctest/doctest.h>

#include <netinet/tcp.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <t3api/transport/httplib.hpp>
#include <t3api/transport/socket.hpp>

#include "tests/support/files.hpp"
#include "tests/support/packing.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace t3api;
using namespace std::chrono_literals;

namespace {

/// Why curl, in one version or another, takes for whole what is an error here, or the other way round.
struct difference {
  std::string_view reason{};
  bool whole_here = false;
};

/// One answer of a service. Where no difference is told, both have to agree.
struct answer_sample {
  std::string name;
  std::string wire;
  difference differs{};
  bool head = false;  ///< The answer to HEAD.
};

/// A status and a body, or "error".
using verdict = std::string;

constexpr difference early_head{"curl takes a head that ends early for whole"},
    late_feed{"curl does not wait for the last LF of a body in chunks"},
    unchecked_end{"curl takes a gzip stream that is cut for whole"},
    refused_zeros{"curl refuses zeros that follow a gzip stream", true},
    refused_member{"curl refuses a second member of a gzip stream", true},
    several{"curl undoes several codings"},
    both_lengths{"curl ignores Content-Length beside Transfer-Encoding"},
    other_transfer{"curl undoes transfer codings that we did not ask for"},
    lenient_chunks{"curl reads a chunk's size up to what is no digit, and lets lines end with LF"},
    few_digits{"curl reads 16 digits of a chunk's size", true},
    unread_trailers{"curl does not look at trailers"},
    lenient_length{
        "curl takes a Content-Length for none that is no number, or for what its first digits say"},
    folded_length{"curl looks at a Content-Length before it is unfolded", true},
    unread_fields{"curl does not look at headers that it has no use for"},
    any_status{"curl takes any three digits for a status"},
    lenient_status{"curl takes a status line that is none of RFC 9112"},
    minor_version{"curl knows HTTP/1.0 and HTTP/1.1 alone", true},
    switched{"curl goes on behind a change of protocol that nobody asked for"};

std::string head_of(const std::string& fields, const std::string& status = "HTTP/1.1 200 OK") {
  return status + "\r\n" + fields + "\r\n";
}

std::string length_of(std::string_view body) {
  return "Content-Length: " + std::to_string(body.size()) + "\r\n";
}

const std::string chunks_follow = "Transfer-Encoding: chunked\r\n";

/// Adds all that is left of an answer when it is cut, by its place in the head of so many bytes, in the body,
/// or in front of the last byte.
void add_cuts(std::vector<answer_sample>& to, const answer_sample& whole, std::size_t head,
              difference in_body = {}, difference at_last = {}) {
  for (std::size_t size = 0; size < whole.wire.size(); ++size) {
    const auto differs = size < head                     ? early_head
                         : size == head                  ? difference()
                         : size + 1 == whole.wire.size() ? at_last
                                                         : in_body;
    to.push_back({whole.name + ", the first " + std::to_string(size) + " bytes", whole.wire.substr(0, size),
                  differs, whole.head});
  }
}

void add_framings(std::vector<answer_sample>& to) {
  struct coded {
    std::string name, fields, body;
    difference differs{};
    bool cut_everywhere = false;
  };
  const std::string text = R"({"data":["one","two","three"]})";
  std::vector<coded> bodies = {
      {"plain", "", text, {}, true},
      {"empty", "", "", {}, true},
      {"identity", "Content-Encoding: identity\r\n", text, {}, true},
      {"unknown coding", "Content-Encoding: rot13\r\n", text},
      {"brotli that is none", "Content-Encoding: br\r\n", text},
  };
#ifdef T3API_DETAIL_ZLIB
  const auto gzip = test::pack(text);
  const std::string in_gzip = "Content-Encoding: gzip\r\n";
  for (const std::string name : {"gzip", "GZIP", "x-gzip", "Gzip"}) {
    bodies.push_back({name, "Content-Encoding: " + name + "\r\n", gzip, {}, true});
  }
  bodies.push_back({"gzip of nothing", in_gzip, test::pack(""), {}, true});
  bodies.push_back(
      {"deflate", "Content-Encoding: deflate\r\n", test::pack(text, test::packing::zlib), {}, true});
  bodies.push_back({"deflate without its wrapper",
                    "Content-Encoding: Deflate\r\n",
                    test::pack(text, test::packing::raw_deflate),
                    {},
                    true});
  bodies.push_back({"gzip with zeros behind it", in_gzip, gzip + std::string(8, '\0'), refused_zeros});
  bodies.push_back({"gzip with two members", in_gzip, gzip + gzip, refused_member});
  bodies.push_back({"gzip with a text behind it", in_gzip, gzip + "and more"});
  bodies.push_back({"gzip with a wrong checksum", in_gzip,
                    gzip.substr(0, gzip.size() - 8) + "abcd" + gzip.substr(gzip.size() - 4)});
  bodies.push_back({"gzip with a wrong length", in_gzip, gzip.substr(0, gzip.size() - 4) + "abcd"});
  bodies.push_back({"gzip that is none", in_gzip, text});
  bodies.push_back({"gzip twice", "Content-Encoding: gzip, gzip\r\n", test::pack(gzip), several});
  bodies.push_back({"gzip twice in two fields", in_gzip + in_gzip, test::pack(gzip), several});
  bodies.push_back({"identity and gzip", "Content-Encoding: identity, gzip\r\n", gzip});
  for (std::size_t size = 1; size < gzip.size(); ++size) {
    bodies.push_back(
        {"gzip cut to " + std::to_string(size) + " bytes", in_gzip, gzip.substr(0, size), unchecked_end});
  }
#endif
  for (const auto& coded_as : bodies) {
    const auto add = [&](const std::string& how, const std::string& head, const std::string& framed,
                         difference in_body, difference at_last) {
      const answer_sample sample{coded_as.name + ", " + how, head + framed, coded_as.differs};
      to.push_back(sample);
      if (coded_as.cut_everywhere) add_cuts(to, sample, head.size(), in_body, at_last);
    };
    const auto part = coded_as.fields.empty() || coded_as.name == "identity" ? difference() : unchecked_end;
    add("with a length", head_of(coded_as.fields + length_of(coded_as.body)), coded_as.body, {}, {});
    add("in chunks", head_of(coded_as.fields + chunks_follow), test::chunked(coded_as.body), {}, late_feed);
    add("to the end", head_of(coded_as.fields), coded_as.body, part, part);
    add("to the end in HTTP/1.0", head_of(coded_as.fields, "HTTP/1.0 200 OK"), coded_as.body, part, part);
  }
}

void add_statuses(std::vector<answer_sample>& to) {
  const std::string body = "hello", sized = length_of(body);
  for (const char* status :
       {"200 OK", "201 Created", "203 x", "206 Partial", "300 x", "301 Moved", "400 Bad", "401 x",
        "404 Not Found", "407 x", "429 Too Many", "500 x", "503 x", "599 x", "200", "200 "}) {
    to.push_back({status, head_of(sized, "HTTP/1.1 " + std::string(status)) + body});
  }
  for (const char* status : {"204 No Content", "304 Not Modified"}) {
    for (const auto& fields : {std::string(), sized, chunks_follow}) {
      to.push_back({std::string(status) + " " + fields, head_of(fields, "HTTP/1.1 " + std::string(status))});
      to.push_back({std::string(status) + " with a body " + fields,
                    head_of(fields, "HTTP/1.1 " + std::string(status)) + body});
    }
  }
  for (const auto& fields : {std::string(), sized, chunks_follow, "Content-Encoding: gzip\r\n" + sized}) {
    const answer_sample sample{"HEAD " + fields, head_of(fields), {}, true};
    to.push_back(sample);
    add_cuts(to, sample, sample.wire.size());
  }
  const std::string hints =
      head_of("", "HTTP/1.1 100 Continue") + head_of("Link: </x>\r\n", "HTTP/1.1 103 Hints");
  const answer_sample interim{"interim answers", hints + head_of(sized) + body};
  to.push_back(interim);
  add_cuts(to, interim, interim.wire.size() - body.size());
  to.push_back({"interim answers alone", hints});
  to.push_back(
      {"101", head_of("Upgrade: x\r\n", "HTTP/1.1 101 Switching") + head_of(sized) + body, switched});
  for (const char* status : {"HTTP/1.1 600 x", "HTTP/1.1 999 x"}) {
    to.push_back({status, head_of(sized, status) + body, any_status});
  }
  for (const char* status :
       {"HTTP/1.1 000 x", "HTTP/1.1 099 x", "HTTP/1.1 20 OK", "HTTP/1.1 2x0 OK", "HTTP/1.1",
        "HTTP/1.10 200 OK", "HTTP/0.9 200 OK", "ICY 200 OK", "200 OK", "<html>", "SSH-2.0-x"}) {
    to.push_back({status, head_of(sized, status) + body});
  }
  for (const char* status :
       {"HTTP/1.1 200OK", "HTTP/1.1  200 OK", "HTTP/2 200", "HTTP/2.0 200 OK", "http/1.1 200 OK"}) {
    to.push_back({status, head_of(sized, status) + body, lenient_status});
  }
  to.push_back({"HTTP/1.2", head_of(sized, "HTTP/1.2 200 OK") + body, minor_version});
  to.push_back({"nothing", ""});
  to.push_back({"an empty line first", "\r\n" + head_of(sized) + body});
}

void add_lengths(std::vector<answer_sample>& to) {
  for (const char* value : {"5", "05", "0000000000000000000000005", "5, 5", "5,5", "\t5 "}) {
    to.push_back({"length " + std::string(value),
                  head_of("Content-Length: " + std::string(value) + "\r\n") + "hello"});
  }
  const auto add = [&](const std::string& value, difference differs) {
    to.push_back({"length " + value, head_of("Content-Length: " + value + "\r\n") + "hello", differs});
  };
  for (const char* value : {"", "-5", "five"}) add(value, {});
  for (const char* value :
       {"+5", "0x5", "5 5", "5, 6", "5.0", "5;", "18446744073709551621", "99999999999999999999999"}) {
    add(value, lenient_length);
  }
  to.push_back({"the same length twice", head_of("Content-Length: 5\r\nContent-Length: 5\r\n") + "hello"});
  to.push_back(
      {"two lengths", head_of("Content-Length: 5\r\nContent-Length: 4\r\n") + "hello", lenient_length});
  to.push_back({"a larger length", head_of("Content-Length: 6\r\n") + "hello"});
  to.push_back({"a smaller length", head_of("Content-Length: 4\r\n") + "hello"});
  to.push_back({"length and chunks", head_of(length_of("hello") + chunks_follow) + test::chunked("hello"),
                both_lengths});
  to.push_back({"chunks and length", head_of(chunks_follow + length_of("hello")) + test::chunked("hello"),
                both_lengths});
  const auto add_coding = [&](const std::string& value, difference differs) {
    to.push_back({"transfer coding " + value,
                  head_of("Transfer-Encoding: " + value + "\r\n") + test::chunked("hello"), differs});
  };
  for (const char* value : {"gzip", "gzip, chunked", "deflate, chunked", "xchunked", "chunked;q=1"})
    add_coding(value, {});
  for (const char* value : {"", "identity", "chunked, chunked", "chunked, identity"})
    add_coding(value, other_transfer);
  to.push_back(
      {"transfer coding in capitals", head_of("TRANSFER-ENCODING:Chunked\r\n") + test::chunked("hello")});
  to.push_back(
      {"transfer coding in HTTP/1.0", head_of(chunks_follow, "HTTP/1.0 200 OK") + test::chunked("hello")});
}

void add_chunks(std::vector<answer_sample>& to) {
  const auto add = [&](const std::string& body, difference differs = {}) {
    to.push_back({"chunks " + body, head_of(chunks_follow) + body, differs});
  };
  add("5\r\nhello\r\n0\r\n\r\n");
  add("00000005\r\nhello\r\n000\r\n\r\n");
  add("a\r\n0123456789\r\nB\r\n0123456789A\r\n0\r\n\r\n");
  add("5;a=b\r\nhello\r\n0;c\r\n\r\n");
  add("5;a=\"b;c\"\r\nhello\r\n0\r\n\r\n");
  add("5 \r\nhello\r\n0\r\n\r\n");
  add("5 ; a\r\nhello\r\n0\r\n\r\n");
  add("5\r\nhello\r\n0\r\nA: b\r\nC:\r\n\r\n");
  add("0\r\n\r\n");
  add("2\r\n\r\n\r\n0\r\n\r\n");
  add("5\r\nhello\r\n0\r\n\r\nmore");
  add("g\r\nhello\r\n0\r\n\r\n");
  add("\r\nhello\r\n0\r\n\r\n");
  add("-5\r\nhello\r\n0\r\n\r\n");
  add("5\r\nhello0\r\n\r\n");
  add("4\r\nhello\r\n0\r\n\r\n");
  add("6\r\nhello\r\n0\r\n\r\n", lenient_chunks);
  add("FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n");
  add("10000000000000005\r\nhello\r\n0\r\n\r\n");
  add("00000000000000000000005\r\nhello\r\n0\r\n\r\n", few_digits);
  for (const char* size : {"0x5", "5x", "5 5", "5,5", "5h"})
    add(size + std::string("\r\nhello\r\n0\r\n\r\n"), lenient_chunks);
  add("5\nhello\n0\n\n", lenient_chunks);
  add("5\r\nhello\n0\r\n\r\n", lenient_chunks);
  add("5\r\nhello\r\n0\n\r\n", lenient_chunks);
  add("5\r\nhello\r\n0\r\n\n", lenient_chunks);
  add("5\r\nhello\r\n0\r\nJunk\r\n\r\n", unread_trailers);
  add("5\r\nhello\r\n0\r\nA: b\rc\r\n\r\n", unread_trailers);
}

void add_fields(std::vector<answer_sample>& to) {
  const auto add = [&](const std::string& line, difference differs = {}) {
    to.push_back({"field " + line, head_of(line + "\r\n" + length_of("hello")) + "hello", differs});
  };
  add("A:");
  add("A:b");
  add("A: %41%zz+");
  add("A: caf\xE9");
  add("A: one\r\n two\r\n\tthree");
  add("A: " + std::string(8000, 'x'));
  add("A: " + std::string(60000, 'x'));
  add("Connection: close");
  add("Connection: Keep-Alive, CLOSE");
  add("Set-Cookie: a=b\r\nSet-Cookie: c=d");
  add("A: \x01\x02");
  add(std::string("A: b\0c", 6));
  add(std::string("A\0: b", 5));
  add("A: b\rc", unread_fields);
  add("Junk");
  add(": b", unread_fields);
  add("A : b", unread_fields);
  add("A B: c", unread_fields);
  to.push_back({"fields that end with LF", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"});
  to.push_back({"a folded length", head_of("Content-Length:\r\n 5\r\n") + "hello", folded_length});
  to.push_back(
      {"the first field is folded", head_of(" A: b\r\n" + length_of("hello")) + "hello", unread_fields});
  std::string many;
  for (int i = 0; i < 500; ++i) many += "A-" + std::to_string(i) + ": b\r\n";
  to.push_back({"many fields", head_of(many + length_of("hello")) + "hello"});
}

std::vector<answer_sample> answer_samples() {
  std::vector<answer_sample> samples;
  add_framings(samples);
  add_statuses(samples);
  add_lengths(samples);
  add_chunks(samples);
  add_fields(samples);
  return samples;
}

/// A server that gives the answer whose number is the path, one connection after the other, and ends the
/// connection with the answer's last byte.
class answer_server {
 public:
  explicit answer_server(const std::vector<answer_sample>& samples)
      : samples_(samples), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener_, generic, size) == 0);
    REQUIRE(::listen(listener_, 128) == 0);
    REQUIRE(::getsockname(listener_, generic, &size) == 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~answer_server() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  answer_server(const answer_server&) = delete;
  answer_server& operator=(const answer_server&) = delete;

  const std::string& url() const noexcept { return url_; }

 private:
  void serve() const {
    while (true) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      test::raw_connection peer(socket);
      const std::string asked = peer.read_request();
      if (const auto slash = asked.find(" /"); slash != asked.npos) {
        const int yes = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_CORK, &yes, sizeof yes);
        peer.write(samples_.at(std::stoul(asked.substr(slash + 2))).wire);
      }
      ::close(socket);
    }
  }

  const std::vector<answer_sample>& samples_;
  int listener_;
  std::string url_;
  std::thread thread_;
};

/// What curl makes of those from the first that has no verdict on, in one run; it ends where curl gives up.
void ask_curl_on(const std::vector<answer_sample>& samples, const std::string& url,
                 std::vector<verdict>& verdicts) {
  const test::temporary_folder folder;
  std::ofstream config(folder.path() + "/config");
  const auto first =
      static_cast<std::size_t>(std::find(verdicts.begin(), verdicts.end(), "") - verdicts.begin());
  for (std::size_t i = first; i < samples.size(); ++i) {
    if (i == first || samples[i].head != samples[i - 1].head) {
      config << (i == first ? "" : "next\n")
             << "silent\nhttp1.1\ncompressed\nmax-time = 20\nnoproxy = \"*\"\n"
                "write-out = \"%{url} %{exitcode} %{http_code}\\n\"\n"
             << (samples[i].head ? "head\n" : "");
    }
    config << "url = \"" << url << "/" << i << "\"\noutput = \"" << folder.path() << "/" << i << "\"\n";
  }
  config.close();
  const std::string results = folder.path() + "/results";
  const std::string command =
      std::string(T3API_CURL) + " -q -K " + folder.path() + "/config > " + results + " 2>&1";
  REQUIRE(WIFEXITED(std::system(command.c_str())));
  std::ifstream lines(results);
  std::string where;
  int exit_code = 0, status = 0;
  while (lines >> where >> exit_code >> status) {
    const std::string number = where.substr(where.rfind('/') + 1);
    const auto index = std::stoul(number);
    const std::string body = samples.at(index).head ? "" : test::content_of(folder.path() + "/" + number);
    verdicts.at(index) = exit_code == 0 ? std::to_string(status) + " " + body : "error";
  }
  REQUIRE(verdicts[first] != "");
}

std::vector<verdict> ask_curl(const std::vector<answer_sample>& samples, const std::string& url) {
  std::vector<verdict> verdicts(samples.size());
  while (std::find(verdicts.begin(), verdicts.end(), "") != verdicts.end())
    ask_curl_on(samples, url, verdicts);
  return verdicts;
}

template <class Transport>
verdict ask_transport(const answer_sample& sample, const std::string& url, std::size_t number) {
  Transport transport;
  const auto host = parse_url(url).value();
  const request message{.method = sample.head ? method::head : method::get,
                        .path = "/" + std::to_string(number)};
  const auto outcome =
      transport.send(message, {.host = host, .deadline = std::chrono::steady_clock::now() + 20s, .stop = {}});
  if (outcome) return std::to_string(outcome->status) + " " + outcome->body;
  CHECK(outcome.error().category != error_category::timeout);
  return "error";
}

}  // namespace

TEST_CASE("answers are whole or an error for the library as they are for curl") {
  const auto samples = answer_samples();
  REQUIRE(samples.size() > 200);
  const answer_server server(samples);
  const auto curl = ask_curl(samples, server.url());
  std::map<std::string_view, int> differences;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto& sample = samples[i];
    CAPTURE(sample.name);
    const auto ours = ask_transport<socket_transport>(sample, server.url(), i);
    CHECK(ask_transport<httplib_transport>(sample, server.url(), i) == ours);
    CAPTURE(curl[i]);
    CAPTURE(ours);
    if (sample.differs.reason.empty() || (ours != "error" && curl[i] != "error")) CHECK(ours == curl[i]);
    if (!sample.differs.reason.empty()) CHECK((ours != "error") == sample.differs.whole_here);
    if (ours != curl[i]) ++differences[sample.differs.reason];
  }
  std::cout << samples.size() << " answers\n";
  for (const auto& [reason, count] : differences) std::cout << count << " times " << reason << '\n';
}
